//! An instance whose continuous backups AWS Backup keeps: then it sets the retention and the window.

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::*;

const POLICY: &str = r#"version: 1
locations:
  east: { provider: aws, region: us-east-1, account: "123456789012" }
databases:
  orders:
    engine: rds_postgres
    at: east
    id: orders
    retention: { pitr: 21d }
    window: "03:00-04:00"
"#;

/// One instance, as DescribeDBInstances tells it, with what AWS Backup adds or without.
struct Rds(&'static str);

impl Respond for Rds {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body = String::from_utf8_lossy(&request.body);
        let (action, inner) = match body.contains("Action=GetCallerIdentity") {
            true => ("GetCallerIdentity", format!("<Account>{HOME}</Account>")),
            false => (
                "DescribeDBInstances",
                format!(
                    "<DBInstances><DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier>\
                     <DBInstanceStatus>available</DBInstanceStatus><Engine>postgres</Engine>\
                     <BackupRetentionPeriod>7</BackupRetentionPeriod>\
                     <PreferredBackupWindow>05:00-05:30</PreferredBackupWindow>\
                     <CopyTagsToSnapshot>true</CopyTagsToSnapshot>\
                     <DeletionProtection>false</DeletionProtection>\
                     <StorageEncrypted>true</StorageEncrypted>{}</DBInstance></DBInstances>",
                    self.0
                ),
            ),
        };
        let text = format!(
            "<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"
        );
        ResponseTemplate::new(200).set_body_raw(text, "text/xml")
    }
}

/// What is told of the instance: kind and pointer.
fn told(instance: &'static str) -> Vec<(Kind, String)> {
    let server = runtime().block_on(async {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(Rds(instance))
            .mount(&server)
            .await;
        server
    });
    let url = server.uri();
    let environment = [
        ("AWS_ENDPOINT_URL", url.as_str()),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
    ];
    let observed = observe(POLICY, &environment);
    let seen = Observations(observed.seen.clone());
    let drift = compare(&observed.plan, &seen, &|_, _, _| None);
    let differences = drift.findings.into_iter();
    differences
        .filter_map(|finding| finding.difference)
        .map(|it| (it.kind, it.property))
        .collect()
}

#[test]
fn what_aws_backup_sets_is_not_called_weakened_and_the_rest_is() {
    let own = |kind, pointer: &str| (kind, pointer.to_owned());
    let continuous = "<AwsBackupRecoveryPointArn>arn:aws:backup:us-east-1:123456789012:\
        recovery-point:continuous:db-1a2b3c</AwsBackupRecoveryPointArn>";
    assert_eq!(
        told(continuous),
        [
            own(Kind::SetElsewhere, "/BackupRetentionPeriod"),
            own(Kind::SetElsewhere, "/PreferredBackupWindow"),
            own(Kind::Weakened, "/DeletionProtection"),
        ]
    );
    assert_eq!(
        told(""),
        [
            own(Kind::Weakened, "/BackupRetentionPeriod"),
            own(Kind::Changed, "/PreferredBackupWindow"),
            own(Kind::Weakened, "/DeletionProtection"),
        ]
    );
}
