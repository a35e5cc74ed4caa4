//! A store with a lock, a key and a policy: deployed as it is rendered, and each change of it.

use std::collections::BTreeMap;

use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::cloud::Cloud;
use super::runtime;

const POLICY: &str = r#"version: 1
locations:
  west: { provider: aws, region: us-west-2, account: "123456789012" }
stores:
  dumps:
    at: west
    bucket: some-dumps
    lock:
      mode: governance
      for: 30d
    encryption: customer_managed
"#;

const CALL: &str = "--region us-west-2 --bucket some-dumps";
const LOCK: &str = "put-object-lock-configuration {} --object-lock-configuration";
const BUCKET: &str = "AWS::S3::Bucket some-dumps";
const RULE: &str = "/BucketEncryption/ServerSideEncryptionConfiguration/0";

fn deployed() -> Cloud {
    let cloud = Cloud::ministack(POLICY);
    cloud.deploy(
        "backstay-dumps",
        "us-west-2",
        "generated/aws/west/dumps.yaml",
    );
    // The simulator takes these in a template and does not keep them.
    let lost = [
        r#"put-bucket-lifecycle-configuration {} --lifecycle-configuration file://generated/lifecycle/dumps.json"#,
        r#"put-object-lock-configuration {} --object-lock-configuration '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":30}}}'"#,
    ];
    for call in lost {
        cloud.shell(&format!("aws s3api {}", call.replace("{}", CALL)));
    }
    encrypt(&cloud);
    cloud
}

/// Only the stack knows its key, so no command that is printed names it.
fn encrypt(cloud: &Cloud) {
    cloud.shell(&format!(
        r#"key=$(aws kms describe-key --region us-west-2 --key-id alias/backstay/dumps --query KeyMetadata.Arn --output text)
        aws s3api put-bucket-encryption {CALL} --server-side-encryption-configuration \
            '{{"Rules":[{{"ApplyServerSideEncryptionByDefault":{{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"'$key'"}},"BucketKeyEnabled":true}}]}}'"#
    ));
}

#[test]
fn a_store_as_deployed_is_silent_and_each_change_of_it_is_told_and_undone() {
    let cloud = deployed();
    cloud.is_clean();
    let lock = |document: &str| format!("aws s3api {} '{document}'", LOCK.replace("{}", CALL));
    let days = "/ObjectLockConfiguration/Rule/DefaultRetention/Days";
    let mode = "/ObjectLockConfiguration/Rule/DefaultRetention/Mode";
    for (done, what) in [
        (
            lock(
                r#"{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":1}}}"#,
            ),
            format!("weakened {BUCKET}{days} 10:12"),
        ),
        (
            // A year of Object Lock has 365 days.
            lock(
                r#"{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Years":1}}}"#,
            ),
            format!("strengthened {BUCKET}{days} 10:12"),
        ),
        (
            lock(
                r#"{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"COMPLIANCE","Days":30}}}"#,
            ),
            format!("strengthened {BUCKET}{mode} 9:13"),
        ),
        (
            lock(r#"{"ObjectLockEnabled":"Enabled"}"#),
            format!("weakened {BUCKET}/ObjectLockConfiguration/Rule 9:13"),
        ),
        (
            format!(
                r#"aws s3api put-bucket-policy {CALL} --policy '{{"Version":"2012-10-17","Statement":[{{"Sid":"All","Effect":"Deny","Principal":"*","Action":"s3:DeleteBucket","Resource":"arn:aws:s3:::some-dumps"}}]}}'"#
            ),
            String::new(),
        ),
    ] {
        let policy = "AWS::S3::BucketPolicy some-dumps/PolicyDocument/Statement";
        let two = [
            format!("weakened {policy}/EncryptedTransportOnly 7:13"),
            format!("changed {policy}/All 7:13"),
        ];
        let expected = match what.is_empty() {
            true => two.iter().map(String::as_str).collect(),
            false => vec![what.as_str()],
        };
        cloud.tells(&done, &expected);
        cloud.is_clean();
    }
    what_no_command_of_its_own_undoes(&cloud);
}

fn what_no_command_of_its_own_undoes(cloud: &Cloud) {
    let rules = r#"'{"Rules":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}'"#;
    cloud.shell(&format!(
        "aws s3api put-bucket-encryption {CALL} --server-side-encryption-configuration {rules}"
    ));
    let told = cloud.told();
    let of = format!("{BUCKET}{RULE}");
    assert_eq!(
        told.what,
        [
            format!("weakened {of}/ServerSideEncryptionByDefault/SSEAlgorithm 11:17"),
            format!("weakened {of}/ServerSideEncryptionByDefault/KMSMasterKeyID 11:17"),
            format!("changed {of}/BucketKeyEnabled 11:17"),
        ]
    );
    let restore = told.restore[0].as_deref().unwrap_or_default();
    assert!(restore.contains("REVERT_DRIFT"), "{restore}");
    encrypt(cloud);
    cloud.shell(&format!("aws s3api delete-bucket-policy {CALL}"));
    assert_eq!(
        cloud.told().what,
        ["missing AWS::S3::BucketPolicy some-dumps 7:13"]
    );
}

/// Answers by subresource; whatever is not here may not be read.
struct S3(BTreeMap<&'static str, &'static str>);

impl Respond for S3 {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let xml = |status: u16, body: &str| {
            ResponseTemplate::new(status).set_body_raw(body.to_owned(), "application/xml")
        };
        if String::from_utf8_lossy(&request.body).contains("GetCallerIdentity") {
            return xml(
                200,
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                 <GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>\
                 </GetCallerIdentityResponse>",
            );
        }
        let mut asked = request.url.query_pairs();
        match asked.find_map(|(key, _)| self.0.get(key.as_ref())) {
            Some(body) => xml(200, body),
            None => xml(
                403,
                "<Error><Code>AccessDenied</Code><Message>not for you</Message></Error>",
            ),
        }
    }
}

fn allowed(answers: &[(&'static str, &'static str)]) -> Vec<String> {
    let runtime = runtime();
    let answers = answers.iter().copied().collect();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(S3(answers))
            .mount(&server)
            .await;
        server
    });
    let told = Cloud::at(POLICY, &server.uri()).told();
    assert_eq!(told.output.code, 3, "{:?}", told.output);
    let mut told = told.what;
    told.retain(|what| what.contains("AWS::S3::"));
    told
}

#[test]
fn answers_that_are_denied_hide_their_own_properties_only() {
    let told = allowed(&[
        (
            "versioning",
            "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        ),
        (
            "publicAccessBlock",
            "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
             <IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy>\
             <RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>",
        ),
    ]);
    let hidden: Vec<&str> = told
        .iter()
        .map(|told| {
            let (_, what) = told.split_once(": aws 123456789012 us-west-2 ").unwrap();
            what.split_once(" could not be read: s3:").unwrap().0
        })
        .collect();
    assert_eq!(
        hidden,
        [
            "AWS::S3::Bucket some-dumps BucketEncryption",
            "AWS::S3::Bucket some-dumps LifecycleConfiguration",
            "AWS::S3::Bucket some-dumps ObjectLockConfiguration",
            "AWS::S3::Bucket some-dumps ObjectLockEnabled",
            "AWS::S3::BucketPolicy some-dumps",
        ]
    );
}

#[test]
fn a_bucket_of_which_nothing_may_be_read_is_unreadable() {
    let told = allowed(&[]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].contains("AWS::S3::Bucket some-dumps could not be read: s3:GetBucketVersioning"),
        "{told:?}"
    );
}
