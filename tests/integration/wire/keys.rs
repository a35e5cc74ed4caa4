//! KMS keys, deployed as they are rendered, and each change of them.

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
    encryption: customer_managed
"#;

const KEY: &str = "AWS::KMS::Key alias/backstay/dumps";
const ALIAS: &str = "AWS::KMS::Alias alias/backstay/dumps";

fn deployed() -> Cloud {
    let cloud = Cloud::ministack(POLICY);
    cloud.deploy(
        "backstay-dumps",
        "us-west-2",
        "generated/aws/west/dumps.yaml",
    );
    cloud
}

/// What is told of keys and aliases.
fn of_keys(cloud: &Cloud) -> Vec<String> {
    let mut told = cloud.told().what;
    told.retain(|what| what.contains("AWS::KMS::"));
    told
}

const FIND: &str = "export AWS_DEFAULT_REGION=us-west-2
    key=$(aws kms describe-key --key-id alias/backstay/dumps --query KeyMetadata.KeyId --output text)
    ";

#[track_caller]
fn tells(cloud: &Cloud, done: &str, what: &str) {
    cloud.shell(&format!("{FIND}{done}"));
    let told = cloud.told();
    let kms = |what: &String| what.contains("AWS::KMS::");
    let found: Vec<&String> = told.what.iter().filter(|what| kms(what)).collect();
    assert_eq!(found, [what], "after {done}");
    for (what, restore) in told.what.iter().zip(&told.restore) {
        if let (true, Some(restore)) = (kms(what), restore) {
            cloud.shell(restore);
        }
    }
    assert_eq!(of_keys(cloud), [""; 0], "after what undoes {done}");
}

#[test]
fn a_key_as_deployed_is_silent_and_each_change_of_it_is_told_and_undone() {
    let cloud = deployed();
    assert_eq!(of_keys(&cloud), [""; 0]);
    for (done, kind, property) in [
        ("aws kms disable-key --key-id $key", "weakened", "/Enabled"),
        (
            "aws kms schedule-key-deletion --key-id $key --pending-window-in-days 7",
            "weakened",
            "/Enabled",
        ),
        (
            "aws kms disable-key-rotation --key-id $key",
            "weakened",
            "/EnableKeyRotation",
        ),
        (
            r#"aws kms put-key-policy --key-id $key --policy-name default --policy '{"Version":"2012-10-17","Statement":[]}'"#,
            "weakened",
            "/KeyPolicy/Statement/Account",
        ),
        (
            "aws kms update-key-description --key-id $key --description other",
            "changed",
            "/Description",
        ),
    ] {
        tells(&cloud, done, &format!("{kind} {KEY}{property} 8:17"));
    }
    a_doomed_key_says_when_and_is_found_without_its_alias(&cloud);
}

/// The key is told by what it waits for, and found though its alias leads elsewhere.
fn a_doomed_key_says_when_and_is_found_without_its_alias(cloud: &Cloud) {
    cloud.shell(&format!(
        "{FIND}aws kms schedule-key-deletion --key-id $key --pending-window-in-days 7"
    ));
    let told = cloud.told().output.stdout;
    assert!(told.contains("pending deletion"), "{told}");
    assert!(told.contains("aws kms cancel-key-deletion"), "{told}");
    cloud.shell(&format!(
        "{FIND}aws kms cancel-key-deletion --key-id $key
        aws kms enable-key --key-id $key
        other=$(aws kms create-key --query KeyMetadata.KeyId --output text)
        aws kms update-alias --alias-name alias/backstay/dumps --target-key-id $other"
    ));
    assert_eq!(
        of_keys(cloud),
        [format!("changed {ALIAS}/TargetKeyId 8:17")]
    );
    cloud.shell("aws kms delete-alias --region us-west-2 --alias-name alias/backstay/dumps");
    assert_eq!(of_keys(cloud), [format!("missing {ALIAS} 8:17")]);
}

#[test]
fn a_key_that_was_never_deployed_is_missing() {
    let cloud = Cloud::ministack(POLICY);
    assert_eq!(
        of_keys(&cloud),
        [
            format!("missing {KEY} 8:17"),
            format!("missing {ALIAS} 8:17")
        ]
    );
}

/// KMS that lets its caller do no more than the actions named.
struct Kms(&'static [&'static str]);

impl Respond for Kms {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if String::from_utf8_lossy(&request.body).contains("GetCallerIdentity") {
            return ResponseTemplate::new(200).set_body_raw(
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                 <GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>\
                 </GetCallerIdentityResponse>",
                "text/xml",
            );
        }
        let target = request.headers.get("x-amz-target");
        let action = target.and_then(|target| target.to_str().ok());
        let action = action.and_then(|action| action.strip_prefix("TrentService."));
        let Some(action) = action.filter(|action| self.0.contains(action)) else {
            // S3 and CloudFormation are asked on the same endpoint and are not there.
            let body = "{\"__type\":\"AccessDeniedException\",\"message\":\"not for you\"}";
            return ResponseTemplate::new(400).set_body_raw(body, "application/x-amz-json-1.1");
        };
        let body = match action {
            "DescribeKey" => {
                "{\"KeyMetadata\":{\"KeyId\":\"6c1d2f60-0000-4000-8000-2b4f5f6a7b8c\",\
                 \"Enabled\":true,\"KeyState\":\"Enabled\",\
                 \"Description\":\"Encrypts the store dumps\"}}"
            }
            "GetKeyRotationStatus" => "{\"KeyRotationEnabled\":true}",
            _ => "{}",
        };
        ResponseTemplate::new(200).set_body_raw(body, "application/x-amz-json-1.1")
    }
}

fn allowed(actions: &'static [&'static str]) -> Vec<String> {
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(Kms(actions))
            .mount(&server)
            .await;
        server
    });
    let cloud = Cloud::at(POLICY, &server.uri());
    let told = cloud.told();
    assert_eq!(told.output.code, 3, "{:?}", told.output);
    let mut told = told.what;
    told.retain(|what| what.contains("AWS::KMS::Key"));
    told
}

#[test]
fn one_answer_that_is_denied_hides_its_own_property_only() {
    let told = allowed(&["DescribeKey", "GetKeyRotationStatus"]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with(
            "unreadable 8:17: aws 123456789012 us-west-2 AWS::KMS::Key alias/backstay/dumps \
             KeyPolicy could not be read: kms:GetKeyPolicy: AccessDeniedException: not for you"
        ),
        "{told:?}"
    );
}

#[test]
fn a_key_that_may_not_be_described_is_unreadable() {
    let told = allowed(&[]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("alias/backstay/dumps could not be read: kms:DescribeKey: AccessDenied"),
        "{told:?}"
    );
}
