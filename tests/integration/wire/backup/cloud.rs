//! AWS Backup as its API model documents it, since no simulator plays all of it: vaults, plans,
//! selections and restore tests as they are after what was rendered has been deployed. Beside it as
//! much of CloudFormation and STS as a reader asks for.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use backstay::plan::{Body, Owner, Plan, Resource, Scope};
use backstay::render::{Templates, render};
use serde_json::{Map, Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Whose credentials the tests have.
pub const HOME: &str = "123456789012";

/// What one account has in one Region: answers by the path that asks for them.
pub type Region = BTreeMap<String, Value>;

/// An AWS that can be changed before it is asked.
#[derive(Clone, Default)]
pub struct Cloud {
    regions: BTreeMap<(String, String), Region>,
    /// Stacks by scope and name: template, and logical to physical ids.
    stacks: BTreeMap<(Scope, String), (String, BTreeMap<String, String>)>,
    /// Starts of paths, and CloudFormation's actions, that are refused.
    refused: Vec<&'static str>,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Cloud {
    /// Everything of AWS Backup that a plan asks for, deployed as rendered.
    pub fn of(plan: &Plan) -> Cloud {
        let mut cloud = Cloud::default();
        let files = render(plan, &Templates::embedded().unwrap()).unwrap();
        for resource in &plan.resources {
            let Owner::Stack { stack, file, .. } = &resource.owner else {
                continue;
            };
            let text = files
                .iter()
                .find(|it| it.path == *file)
                .unwrap()
                .text
                .clone();
            let ids = physical(&text, file, plan);
            let key = (resource.address.scope.clone(), stack.clone());
            cloud.stacks.insert(key, (text, ids));
        }
        for resource in &plan.resources {
            cloud.deploy(resource);
        }
        cloud
    }

    /// The physical id of a member of a resource's stack.
    pub fn id(&self, resource: &Resource, logical_id: &str) -> String {
        let Owner::Stack { stack, .. } = &resource.owner else {
            panic!("{} has no stack", resource.address);
        };
        let key = (resource.address.scope.clone(), stack.clone());
        self.stacks[&key].1[logical_id].clone()
    }

    fn deploy(&mut self, resource: &Resource) {
        let Scope::Aws { account, region } = &resource.address.scope else {
            return;
        };
        let answers = self.answers(resource, account, region);
        let here = self.region(account, region);
        for (path, answer) in answers {
            // Lists grow.
            match (here.get_mut(&path), answer) {
                (Some(Value::Array(list)), Value::Array(more)) => list.extend(more),
                (_, answer) => drop(here.insert(path, answer)),
            }
        }
    }

    /// What AWS Backup answers of one resource, in the words of its API.
    fn answers(&self, resource: &Resource, account: &str, region: &str) -> Vec<(String, Value)> {
        let tree = resource.body.tree();
        let role = |arn: &Value| {
            let name = self.id(resource, arn["Fn::GetAtt"][0].as_str().unwrap());
            json!(format!("arn:aws:iam::{account}:role/{name}"))
        };
        let (plan, selection) = resource.address.name.split_once('/').unwrap_or_default();
        match &resource.body {
            Body::BackupVault(vault) => {
                let name = &vault.backup_vault_name;
                let arn = format!("arn:aws:backup:{region}:{account}:backup-vault:{name}");
                let key = self.id(resource, "VaultKey");
                let lock = &tree["LockConfiguration"];
                let mut listed = json!({
                    "BackupVaultName": name,
                    "BackupVaultArn": arn,
                    "VaultType": "BACKUP_VAULT",
                    "EncryptionKeyArn": format!("arn:aws:kms:{region}:{account}:key/{key}"),
                    "NumberOfRecoveryPoints": 3,
                    "Locked": lock.is_object(),
                });
                for bound in ["MinRetentionDays", "MaxRetentionDays"] {
                    listed[bound] = lock[bound].clone();
                }
                if lock["ChangeableForDays"].is_u64() {
                    listed["LockDate"] = json!(1_800_000_000.5);
                }
                let mut answers = vec![
                    ("/backup-vaults".to_owned(), json!([listed])),
                    (format!("/tags/{arn}"), tree["BackupVaultTags"].clone()),
                ];
                if vault.access_policy.is_some() {
                    let policy = tree["AccessPolicy"].to_string();
                    let path = format!("/backup-vaults/{name}/access-policy");
                    answers.push((path, json!({ "Policy": policy })));
                }
                answers
            }
            Body::BackupPlan(body) => {
                let name = &body.backup_plan.backup_plan_name;
                let rules = tree["BackupPlan"]["BackupPlanRule"].as_array().unwrap();
                let rules: Vec<Value> = rules.iter().map(api_rule).collect();
                let listed = json!([{ "BackupPlanName": name, "BackupPlanId": plan_id(name) }]);
                let told = json!({ "BackupPlan": { "BackupPlanName": name, "Rules": rules } });
                vec![
                    ("/backup/plans".to_owned(), listed),
                    (format!("/backup/plans/{}", plan_id(name)), told),
                ]
            }
            Body::BackupSelection(_) => {
                let mut told = tree["BackupSelection"].clone();
                told["IamRoleArn"] = role(&told["IamRoleArn"]);
                told["ListOfTags"] = json!([]);
                told["NotResources"] = json!([]);
                told["Conditions"] = json!({});
                let listed = json!([{ "SelectionName": selection, "SelectionId": "id-1" }]);
                let path = format!("/backup/plans/{}/selections", plan_id(plan));
                vec![
                    (format!("{path}/id-1"), json!({ "BackupSelection": told })),
                    (path, listed),
                ]
            }
            Body::RestoreTestingPlan(_) => {
                let mut told = tree.clone();
                told["CreationTime"] = json!(1_700_000_000);
                told["RestoreTestingPlanArn"] = json!("arn:aws:backup:some:plan");
                told["RecoveryPointSelection"]["ExcludeVaults"] = json!([]);
                let path = format!("/restore-testing/plans/{}", resource.address.name);
                vec![(path, json!({ "RestoreTestingPlan": told }))]
            }
            Body::RestoreTestingSelection(_) => {
                let mut told = tree.clone();
                told["CreationTime"] = json!(1_700_000_000);
                told["IamRoleArn"] = role(&told["IamRoleArn"]);
                told["RestoreTestingPlanName"] = json!(plan);
                let path = format!("/restore-testing/plans/{plan}/selections/{selection}");
                vec![(path, json!({ "RestoreTestingSelection": told }))]
            }
            _ => Vec::new(),
        }
    }

    pub fn region(&mut self, account: &str, region: &str) -> &mut Region {
        let key = (account.to_owned(), region.to_owned());
        self.regions.entry(key).or_default()
    }

    /// The one answer of a Region whose path ends so.
    #[track_caller]
    pub fn answer(&mut self, account: &str, region: &str, path: &str) -> &mut Value {
        let mut found = self.region(account, region).iter_mut();
        match found.find(|(key, _)| key.ends_with(path)) {
            Some((_, answer)) => answer,
            None => panic!("nothing answers {path}"),
        }
    }

    /// No right to ask for what starts so.
    pub fn refuse(&mut self, path: &'static str) {
        self.refused.push(path);
    }

    /// What is asked of AWS Backup from now on.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    pub async fn serve(self) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(self).mount(&server).await;
        server
    }
}

fn plan_id(name: &str) -> String {
    format!("id-of-{name}")
}

/// A rule of a template in the API's words, with what AWS Backup adds. What is its default it may
/// leave out.
fn api_rule(rule: &Value) -> Value {
    let mut members: Map<String, Value> = rule.as_object().unwrap().clone();
    let vault = members.remove("TargetBackupVault").unwrap();
    members.insert("TargetBackupVaultName".to_owned(), vault);
    members.insert("RuleId".to_owned(), json!("rule-1"));
    let defaults = [
        ("ScheduleExpressionTimezone", json!("Etc/UTC")),
        ("CompletionWindowMinutes", json!(10_080)),
        ("EnableContinuousBackup", json!(false)),
    ];
    for (name, default) in defaults {
        assert_eq!(members.remove(name), Some(default), "{name}");
    }
    Value::Object(members)
}

/// The ids of everything in a template.
fn physical(template: &str, file: &str, plan: &Plan) -> BTreeMap<String, String> {
    let template: Value = serde_yaml::from_str(template).unwrap();
    let resources = template["Resources"].as_object().unwrap().iter();
    let id = |(logical_id, resource): (&String, &Value)| {
        let ours = plan.resources.iter().find(|it| {
            matches!(&it.owner, Owner::Stack { file: its, logical_id: its_id, .. }
                if its == file && its_id == logical_id)
        });
        let id = match (resource["Type"].as_str(), ours) {
            (Some("AWS::Backup::BackupPlan"), Some(ours)) => plan_id(&ours.address.name),
            (_, Some(ours)) => ours.address.name.clone(),
            _ => format!("{logical_id}-1A2B3C"),
        };
        (logical_id.clone(), id)
    };
    resources.map(id).collect()
}

/// Whose request it is, and the Region and service that it is for.
pub fn signed(request: &Request) -> (String, String, String) {
    let header = request.headers.get("authorization");
    let signed = header.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let scope = signed.split_once("Credential=").unwrap_or_default().1;
    let words: Vec<&str> = scope.split('/').collect();
    let account = match words[0] {
        // What a role of that account gives.
        account if account.len() == HOME.len() && !account.contains(char::is_alphabetic) => account,
        _ => HOME,
    };
    (account.to_owned(), words[2].to_owned(), words[3].to_owned())
}

impl Respond for Cloud {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let (account, region, service) = signed(request);
        match service.as_str() {
            "backup" => self.backup(request, &account, &region),
            "sts" => sts(request, &account),
            "cloudformation" => self.stacks(request, Scope::Aws { account, region }),
            other => json_error(403, &format!("no {other} here")),
        }
    }
}

impl Cloud {
    /// Lists come one member a page.
    fn backup(&self, request: &Request, account: &str, region: &str) -> ResponseTemplate {
        assert_eq!(request.method.as_str(), "GET", "nothing of ours writes");
        // Some clients end these paths with a slash.
        let path = request.url.path().replace("%3A", ":");
        let path = path.trim_end_matches('/').to_owned();
        self.calls.lock().unwrap().push(path.clone());
        if self.refused.iter().any(|start| path.starts_with(start)) {
            return json_error(403, "AccessDeniedException");
        }
        let key = (account.to_owned(), region.to_owned());
        let answer = self.regions.get(&key).and_then(|here| here.get(&path));
        let list = match path.as_str() {
            "/backup-vaults" => "BackupVaultList",
            "/backup/plans" => "BackupPlansList",
            "/resources" => "Results",
            path if path.ends_with("/selections") => "BackupSelectionsList",
            path if path.starts_with("/tags/") => {
                return json_answer(&json!({ "Tags": answer }));
            }
            _ => {
                return match answer {
                    Some(answer) => json_answer(answer),
                    None => json_error(404, "ResourceNotFoundException"),
                };
            }
        };
        let mut query = request.url.query_pairs();
        let page = query.find(|(key, _)| key == "nextToken");
        let page: usize = page.map_or(0, |(_, token)| token.parse().unwrap());
        let all = answer
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let more = (page + 1 < all.len()).then(|| (page + 1).to_string());
        let members: Vec<&Value> = all.get(page).into_iter().collect();
        json_answer(&json!({ list: members, "NextToken": more }))
    }

    fn stacks(&self, request: &Request, scope: Scope) -> ResponseTemplate {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let word = |name: &str| {
            let mut pairs = body.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let action = word("Action").unwrap_or_default();
        if self.refused.contains(&action) {
            return json_error(403, "AccessDenied");
        }
        let stack = word("StackName").map(|name| (scope.clone(), name.to_owned()));
        let stack = stack.and_then(|key| self.stacks.get(&key));
        let inner = match (action, stack) {
            ("DescribeStacks", _) => {
                let here = self.stacks.keys().filter(|(of, _)| *of == scope);
                let names = here.map(|(_, name)| {
                    format!(
                        "<member><StackName>{name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>\
                         <CreationTime>2026-01-01T00:00:00Z</CreationTime></member>"
                    )
                });
                format!("<Stacks>{}</Stacks>", names.collect::<String>())
            }
            ("DescribeStackResources", Some((_, ids))) => {
                let ids = ids.iter().map(|(logical, physical)| {
                    format!(
                        "<member><LogicalResourceId>{logical}</LogicalResourceId>\
                         <PhysicalResourceId>{physical}</PhysicalResourceId>\
                         <ResourceType>x</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
                         <Timestamp>2026-01-01T00:00:00Z</Timestamp></member>"
                    )
                });
                format!(
                    "<StackResources>{}</StackResources>",
                    ids.collect::<String>()
                )
            }
            ("GetTemplate", Some((text, _))) => {
                let text = text.replace('&', "&amp;").replace('<', "&lt;");
                format!("<TemplateBody>{text}</TemplateBody>")
            }
            _ => return json_error(400, "ValidationError"),
        };
        xml(&format!(
            "<{action}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
             <{action}Result>{inner}</{action}Result></{action}Response>"
        ))
    }
}

fn sts(request: &Request, account: &str) -> ResponseTemplate {
    let body = String::from_utf8_lossy(&request.body);
    // The credentials that a role gives have the role's account for a key.
    let role = body
        .split('&')
        .find_map(|pair| pair.strip_prefix("RoleArn="));
    let account_of = |role: &str| role.split("%3A").nth(4).map(str::to_owned);
    let (action, inner) = match role.and_then(account_of) {
        Some(other) => (
            "AssumeRole",
            format!(
                "<Credentials><AccessKeyId>{other}</AccessKeyId>\
                 <SecretAccessKey>very-secret-key</SecretAccessKey>\
                 <SessionToken>very-secret-token</SessionToken>\
                 <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
            ),
        ),
        None => ("GetCallerIdentity", format!("<Account>{account}</Account>")),
    };
    xml(&format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <{action}Result>{inner}</{action}Result></{action}Response>"
    ))
}

fn xml(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_owned(), "text/xml")
}

fn json_answer(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body.to_string(), "application/json")
}

fn json_error(status: u16, code: &str) -> ResponseTemplate {
    let body = json!({ "Code": code, "Message": "said so" }).to_string();
    ResponseTemplate::new(status)
        .insert_header("x-amzn-errortype", code)
        .set_body_raw(body, "application/json")
}
