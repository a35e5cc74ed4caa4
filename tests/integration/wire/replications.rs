//! Replicated automated backups, read where they arrive. The simulator knows none, so the answers are
//! as the RDS API reference and the RDS user guide document them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::cloud::{Cloud, Told};
use super::runtime;

/// Two databases in different Regions, both of which replicate to a third; they exist already.
const POLICY: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "123456789012" }
  ohio: { provider: aws, region: us-east-2, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012", role: "arn:aws:iam::123456789012:role/west" }
defaults:
  retention: { pitr: 14d }
databases:
  orders:
    engine: rds_postgres
    at: us
    id: Orders
    retention: { pitr: 14d }
    copies:
      replicate_pitr: west
  forum: { engine: rds_mysql, at: ohio, id: forum, retention: { pitr: 7d }, copies: { replicate_pitr: west } }
"#;

/// What a replicated backup of an instance looks like in its destination.
struct Backup {
    source: &'static str,
    days: u32,
    status: &'static str,
}

const HELD: [Backup; 2] = [
    Backup {
        source: "arn:aws:rds:us-east-1:123456789012:db:orders",
        days: 14,
        status: "replicating",
    },
    Backup {
        source: "arn:aws:rds:us-east-2:123456789012:db:forum",
        days: 7,
        // Until the first snapshot has arrived.
        status: "pending",
    },
];

struct Rds {
    /// Each on a page of its own.
    held: Vec<Backup>,
    /// Which Region the source's own answer names besides.
    named: Option<&'static str>,
    denied: bool,
    sweeps: Arc<AtomicUsize>,
}

/// The Region for which a request is signed, and the key that signed it.
fn signed(request: &Request) -> (String, String) {
    let header = request.headers.get("authorization");
    let header = header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (_, scope) = header.split_once("Credential=").unwrap_or_default();
    let mut scope = scope.split('/');
    let key = scope.next().unwrap_or_default().to_owned();
    (scope.nth(1).unwrap_or_default().to_owned(), key)
}

impl Respond for Rds {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let (region, key) = signed(request);
        let action = body
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="));
        match action.unwrap_or_default() {
            "GetCallerIdentity" => answer("GetCallerIdentity", "<Account>123456789012</Account>"),
            "AssumeRole" => answer(
                "AssumeRole",
                "<Credentials><AccessKeyId>WEST</AccessKeyId>\
                 <SecretAccessKey>very-secret-key</SecretAccessKey>\
                 <SessionToken>very-secret-token</SessionToken>\
                 <Expiration>2126-11-25T00:00:00Z</Expiration></Credentials>",
            ),
            "DescribeDBInstances" => {
                let instance = match region.as_str() {
                    "us-east-1" => instance("orders", "postgres", 14, self.named),
                    "us-east-2" => instance("forum", "mysql", 7, None),
                    _ => String::new(),
                };
                answer(
                    "DescribeDBInstances",
                    &format!("<DBInstances>{instance}</DBInstances>"),
                )
            }
            "DescribeDBInstanceAutomatedBackups"
                if self.denied || key != "WEST" || region != "us-west-2" =>
            {
                error("AccessDenied")
            }
            "DescribeDBInstanceAutomatedBackups" => {
                let marker = body
                    .split('&')
                    .find_map(|pair| pair.strip_prefix("Marker="));
                let page: usize = marker.map_or(0, |marker| marker.parse().unwrap());
                if page == 0 {
                    self.sweeps.fetch_add(1, Ordering::SeqCst);
                }
                let backups = self.held.get(page).map(backup).unwrap_or_default();
                let next = match page + 1 < self.held.len() {
                    true => format!("<Marker>{}</Marker>", page + 1),
                    false => String::new(),
                };
                answer(
                    "DescribeDBInstanceAutomatedBackups",
                    &format!(
                        "<DBInstanceAutomatedBackups>{backups}</DBInstanceAutomatedBackups>{next}"
                    ),
                )
            }
            // KMS and CloudFormation are asked on the same endpoint and are not there.
            _ => error("AccessDenied"),
        }
    }
}

fn answer(action: &str, result: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(
        format!("<{action}Response><{action}Result>{result}</{action}Result></{action}Response>"),
        "text/xml",
    )
}

fn error(code: &str) -> ResponseTemplate {
    ResponseTemplate::new(403).set_body_raw(
        format!("<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>not for you</Message></Error></ErrorResponse>"),
        "text/xml",
    )
}

fn instance(name: &str, engine: &str, days: u32, named: Option<&str>) -> String {
    let named = named.map_or_else(String::new, |region| {
        format!(
            "<DBInstanceAutomatedBackupsReplications><DBInstanceAutomatedBackupsReplication>\
             <DBInstanceAutomatedBackupsArn>arn:aws:rds:{region}:123456789012:auto-backup:ab-1\
             </DBInstanceAutomatedBackupsArn></DBInstanceAutomatedBackupsReplication>\
             </DBInstanceAutomatedBackupsReplications>"
        )
    });
    format!(
        "<DBInstance><DBInstanceIdentifier>{name}</DBInstanceIdentifier>\
         <DBInstanceStatus>available</DBInstanceStatus><Engine>{engine}</Engine>\
         <BackupRetentionPeriod>{days}</BackupRetentionPeriod>\
         <CopyTagsToSnapshot>true</CopyTagsToSnapshot><DeletionProtection>true</DeletionProtection>\
         <StorageEncrypted>true</StorageEncrypted>{named}</DBInstance>"
    )
}

fn backup(backup: &Backup) -> String {
    let Backup {
        source,
        days,
        status,
    } = backup;
    format!(
        "<DBInstanceAutomatedBackup><DBInstanceArn>{source}</DBInstanceArn>\
         <BackupRetentionPeriod>{days}</BackupRetentionPeriod><Status>{status}</Status>\
         <DBInstanceAutomatedBackupsArn>arn:aws:rds:us-west-2:123456789012:auto-backup:ab-1\
         </DBInstanceAutomatedBackupsArn></DBInstanceAutomatedBackup>"
    )
}

fn rds(held: impl IntoIterator<Item = Backup>) -> Rds {
    Rds {
        held: held.into_iter().collect(),
        named: None,
        denied: false,
        sweeps: Arc::default(),
    }
}

/// What is told of instances.
fn against(rds: Rds) -> Told {
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(rds).mount(&server).await;
        server
    });
    let mut told = Cloud::at(POLICY, &server.uri()).told();
    told.keep("AWS::RDS::DBInstance");
    told
}

const ORDERS: &str = "AWS::RDS::DBInstance orders/AutomaticBackupReplication";

#[test]
fn what_arrives_is_read_in_one_sweep_by_the_role_of_its_location() {
    let rds = rds(HELD);
    let sweeps = rds.sweeps.clone();
    assert_eq!(against(rds).what, [""; 0]);
    assert_eq!(sweeps.load(Ordering::SeqCst), 1);
}

#[test]
fn fewer_days_there_are_weaker_and_more_are_stronger() {
    let days = |days: u32| {
        let [orders, forum] = HELD;
        against(rds([Backup { days, ..orders }, forum]))
    };
    let less = days(7);
    assert_eq!(
        less.what,
        [format!("weakened {ORDERS}RetentionPeriod 13:24")]
    );
    let restore = less.restore[0].as_deref().unwrap_or_default();
    assert!(
        restore.starts_with(
            "aws rds stop-db-instance-automated-backups-replication --region us-west-2"
        ),
        "{restore}"
    );
    assert_eq!(
        days(35).what,
        [format!("strengthened {ORDERS}RetentionPeriod 13:24")]
    );
}

#[test]
fn a_replication_that_was_stopped_is_weaker_though_its_backups_remain() {
    let [orders, forum] = HELD;
    let retained = Backup {
        status: "retained",
        ..orders
    };
    let told = against(rds([retained, forum]));
    assert_eq!(
        told.what,
        [
            format!("weakened {ORDERS}Region 15:23"),
            format!("weakened {ORDERS}RetentionPeriod 13:24"),
        ]
    );
    let start = told.restore[0].as_deref().unwrap_or_default();
    assert!(
        start.starts_with(
            "aws rds start-db-instance-automated-backups-replication --region us-west-2"
        ),
        "{start}"
    );
    assert_eq!(told.restore[0], told.restore[1]);
}

#[test]
fn a_replication_into_another_region_is_told_with_that_region() {
    let [_, forum] = HELD;
    let elsewhere = Rds {
        named: Some("eu-west-1"),
        ..rds([forum])
    };
    let told = against(elsewhere);
    assert_eq!(told.what[0], format!("changed {ORDERS}Region 15:23"));
    let restore = told.restore[0].as_deref().unwrap_or_default();
    assert!(restore.contains("--region eu-west-1"), "{restore}");
}

#[test]
fn a_destination_that_cannot_be_read_hides_the_replication_only() {
    let told = against(Rds {
        denied: true,
        ..rds(HELD)
    });
    assert_eq!(told.output.code, 3);
    let unread = |name: &str, region: &str, property: &str| {
        format!(
            "aws 123456789012 {region} AWS::RDS::DBInstance {name} AutomaticBackupReplication{property} \
             could not be read: in us-west-2: rds:DescribeDBInstanceAutomatedBackups: AccessDenied: not for you"
        )
    };
    let said: Vec<&str> = told
        .what
        .iter()
        .filter_map(|what| Some(what.split_once(": ")?.1))
        .collect();
    assert_eq!(
        said,
        [
            unread("orders", "us-east-1", "Region"),
            unread("orders", "us-east-1", "RetentionPeriod"),
            unread("forum", "us-east-2", "Region"),
            unread("forum", "us-east-2", "RetentionPeriod"),
        ]
    );
}
