//! Recovery points as the API models of RDS and AWS Backup document the answers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::{Value, json};
use wiremock::{Request, Respond, ResponseTemplate};

/// What each Region has: answers by RDS's action, or by AWS Backup's path.
#[derive(Clone, Default)]
pub struct Cloud {
    pub rds: BTreeMap<(&'static str, &'static str), Vec<String>>,
    pub backup: BTreeMap<(&'static str, String), (&'static str, Vec<Value>)>,
    pub one: BTreeMap<(&'static str, String), Value>,
    /// Members on a page.
    pub page: usize,
    /// Actions, and starts of paths, that are refused; and after which page.
    pub refused: Option<(&'static str, usize)>,
    /// How often each question is throttled before it is answered.
    pub throttled: usize,
    pub throttles: Arc<Mutex<BTreeMap<String, usize>>>,
    /// Seconds by which its clock is ahead.
    pub ahead: i64,
    pub asked: Arc<AtomicUsize>,
}

impl Cloud {
    pub fn instance(&mut self, region: &'static str, name: &str, fields: &[(&str, String)]) {
        let fields = elements(fields);
        self.rds
            .entry((region, "DescribeDBInstances"))
            .or_default()
            .push(format!(
                "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier>{fields}</DBInstance>"
            ));
    }

    pub fn automated(
        &mut self,
        region: &'static str,
        of: &str,
        status: &str,
        window: (Timestamp, Timestamp),
    ) {
        let (from, to) = window;
        self.rds
            .entry((region, "DescribeDBInstanceAutomatedBackups"))
            .or_default()
            .push(format!(
                "<DBInstanceAutomatedBackup><DBInstanceArn>arn:aws:rds:{of}</DBInstanceArn>\
                 <BackupRetentionPeriod>14</BackupRetentionPeriod><Status>{status}</Status>\
                 <RestoreWindow><EarliestTime>{from}</EarliestTime><LatestTime>{to}</LatestTime>\
                 </RestoreWindow></DBInstanceAutomatedBackup>"
            ));
    }

    pub fn snapshot(
        &mut self,
        region: &'static str,
        owner: Option<&str>,
        status: &str,
        fields: &[(&str, String)],
    ) {
        let tags = owner.map_or_else(String::new, |owner| {
            format!("<TagList><Tag><Key>team</Key><Value>x</Value></Tag><Tag><Key>backstay:policy</Key><Value>{owner}</Value></Tag></TagList>")
        });
        let fields = elements(fields);
        self.rds
            .entry((region, "DescribeDBSnapshots"))
            .or_default()
            .push(format!(
                "<DBSnapshot><Status>{status}</Status><SnapshotType>manual</SnapshotType>{fields}{tags}</DBSnapshot>"
            ));
    }

    pub fn vault(&mut self, region: &'static str, name: &str, points: Vec<Value>) {
        let listed = json!({
            "BackupVaultName": name,
            "NumberOfRecoveryPoints": points.len(),
            "CreationDate": 1_600_000_000.5,
        });
        self.backup
            .entry((region, "/backup-vaults".to_owned()))
            .or_insert(("BackupVaultList", Vec::new()))
            .1
            .push(listed);
        let path = format!("/backup-vaults/{name}/recovery-points");
        self.backup
            .insert((region, path), ("RecoveryPoints", points));
    }

    pub fn restore_jobs(&mut self, region: &'static str, jobs: Vec<Value>) {
        let path = "/restore-jobs".to_owned();
        self.backup.insert((region, path), ("RestoreJobs", jobs));
    }

    pub fn resource(&mut self, region: &'static str, arn: &str, told: Value) {
        self.one.insert((region, format!("/resources/{arn}")), told);
    }

    fn refuses(&self, what: &str, page: usize) -> bool {
        self.refused
            .is_some_and(|(refused, from)| what.starts_with(refused) && page >= from)
    }

    fn rds(&self, region: &str, body: &str) -> ResponseTemplate {
        let field = |name: &str| {
            let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
            pairs
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.to_owned())
        };
        let action = field("Action").unwrap_or_default();
        let page: usize = field("Marker").map_or(0, |marker| marker.parse().unwrap());
        if self.refuses(&action, page) {
            return denied_xml();
        }
        let list = match action.as_str() {
            "GetCallerIdentity" => {
                return xml(&action, "<Account>123456789012</Account>");
            }
            "DescribeDBInstances" => "DBInstances",
            "DescribeDBInstanceAutomatedBackups" => "DBInstanceAutomatedBackups",
            "DescribeDBSnapshots" if field("SnapshotType").as_deref() == Some("manual") => {
                "DBSnapshots"
            }
            _ => return denied_xml(),
        };
        let mut all = self.rds.iter();
        let all = all.find(|((at, of), _)| *at == region && *of == action);
        let all = all
            .map(|(_, members)| members.as_slice())
            .unwrap_or_default();
        let (from, to) = self.slice(all.len(), page);
        let next = match to < all.len() {
            true => format!("<Marker>{}</Marker>", page + 1),
            false => String::new(),
        };
        xml(
            &action,
            &format!("<{list}>{}</{list}>{next}", all[from..to].concat()),
        )
    }

    fn backup(&self, region: &str, request: &Request) -> ResponseTemplate {
        let path = request.url.path().trim_end_matches('/');
        let path = percent_decoded(path);
        let query = |name: &str| {
            let mut pairs = request.url.query_pairs();
            pairs
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        let page: usize = query("nextToken").map_or(0, |token| token.parse().unwrap());
        if self.refuses(&path, page) {
            return denied_json();
        }
        let key = |at: &&'static str, of: &String| *at == region && *of == path;
        if let Some((_, told)) = self.one.iter().find(|((at, of), _)| key(at, of)) {
            return ResponseTemplate::new(200).set_body_json(told);
        }
        let Some((_, (list, all))) = self.backup.iter().find(|((at, of), _)| key(at, of)) else {
            return match path.starts_with("/restore-jobs") {
                true => ResponseTemplate::new(200).set_body_json(json!({ "RestoreJobs": [] })),
                false if path == "/backup-vaults" => {
                    ResponseTemplate::new(200).set_body_json(json!({ "BackupVaultList": [] }))
                }
                false => ResponseTemplate::new(400)
                    .insert_header("x-amzn-errortype", "ResourceNotFoundException")
                    .set_body_json(json!({ "message": "not there" })),
            };
        };
        let of = query("resourceArn");
        let all: Vec<&Value> = all
            .iter()
            .filter(|it| {
                of.as_ref()
                    .is_none_or(|of| it["ResourceArn"] == of.as_str())
            })
            .collect();
        let (from, to) = self.slice(all.len(), page);
        let mut answer = json!({ *list: all[from..to] });
        if to < all.len() {
            answer["NextToken"] = (page + 1).to_string().into();
        }
        ResponseTemplate::new(200).set_body_json(answer)
    }

    fn throttles(&self, question: String) -> bool {
        let mut throttles = self.throttles.lock().unwrap();
        let count = throttles.entry(question).or_default();
        *count += 1;
        *count <= self.throttled
    }

    fn slice(&self, all: usize, page: usize) -> (usize, usize) {
        let size = if self.page == 0 {
            all.max(1)
        } else {
            self.page
        };
        ((page * size).min(all), ((page + 1) * size).min(all))
    }
}

impl Respond for Cloud {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let region = region(request);
        let body = String::from_utf8_lossy(&request.body);
        let rest = !body.starts_with("Action=");
        let answer = if self.throttles(format!("{region} {} {body}", request.url)) {
            throttled(rest)
        } else if rest {
            self.backup(&region, request)
        } else {
            self.rds(&region, &body)
        };
        match self.ahead {
            0 => answer,
            ahead => {
                let now = Timestamp::now() + jiff::SignedDuration::from_secs(ahead);
                let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
                answer.insert_header("date", date)
            }
        }
    }
}

/// The Region for which a request is signed.
fn region(request: &Request) -> String {
    let header = request.headers.get("authorization");
    let header = header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (_, scope) = header.split_once("Credential=").unwrap_or_default();
    scope.split('/').nth(2).unwrap_or_default().to_owned()
}

fn percent_decoded(path: &str) -> String {
    path.replace("%3A", ":").replace("%2F", "/")
}

fn elements(fields: &[(&str, String)]) -> String {
    let element = |(name, value): &(&str, String)| format!("<{name}>{value}</{name}>");
    fields.iter().map(element).collect()
}

fn xml(action: &str, result: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(
        format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"),
        "text/xml",
    )
}

fn denied_xml() -> ResponseTemplate {
    ResponseTemplate::new(403).set_body_raw(
        "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not for you</Message></Error></ErrorResponse>",
        "text/xml",
    )
}

fn denied_json() -> ResponseTemplate {
    ResponseTemplate::new(403)
        .insert_header("x-amzn-errortype", "AccessDeniedException")
        .set_body_json(json!({ "message": "not for you" }))
}

fn throttled(rest: bool) -> ResponseTemplate {
    match rest {
        true => ResponseTemplate::new(429)
            .insert_header("x-amzn-errortype", "ThrottlingException")
            .set_body_json(json!({ "message": "slow down" })),
        false => ResponseTemplate::new(400).set_body_raw(
            "<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>slow down</Message></Error></ErrorResponse>",
            "text/xml",
        ),
    }
}
