//! Buckets, with answers as the S3 API reference documents them. The simulator gives the answer of
//! GetBucketVersioning another root than S3 does, and the SDK refuses it.

use std::collections::BTreeMap;

use backstay::cloud::aws::s3::{Bucket, Rule};
use backstay::observe::State;
use backstay::plan::Body;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use super::{Observed, observe, plan, runtime};

const NAMESPACE: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

const POLICY: &str = r#"version: 1
locations:
  west: { provider: aws, region: us-west-2, account: "123456789012" }
  host: { provider: host, address: db-01.internal }
stores:
  dumps: { at: west, bucket: wire-test-dumps }
databases:
  app:
    engine: postgres
    at: host
    id: app
    retention: { daily: 30d, weekly: 12w, monthly: 12mo }
    dump: { to: [dumps], databases: [app], schedule: "daily 01:43" }
"#;

const NO_STACKS: &str = "<DescribeStacksResponse><DescribeStacksResult><Stacks/>\
    </DescribeStacksResult></DescribeStacksResponse>";

/// S3 tells a policy as it was put.
const POLICY_DOCUMENT: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"EncryptedTransportOnly",
    "Effect":"Deny","Principal":"*","Action":"s3:*",
    "Resource":["arn:aws:s3:::wire-test-dumps","arn:aws:s3:::wire-test-dumps/*"],
    "Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}"#;

/// Answers by subresource (`versioning`, `lifecycle`, …): status and body.
struct S3(BTreeMap<&'static str, (u16, String)>);

impl Respond for S3 {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if String::from_utf8_lossy(&request.body).contains("GetCallerIdentity") {
            return xml(
                200,
                "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
                 <GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult>\
                 </GetCallerIdentityResponse>",
            );
        }
        // CloudFormation is asked on the same endpoint.
        if let (true, Some((status, stacks))) = (
            String::from_utf8_lossy(&request.body).contains("Action=DescribeStacks"),
            self.0.get("stacks"),
        ) {
            return xml(*status, stacks);
        }
        let owner = request.headers.get("x-amz-expected-bucket-owner");
        let path = request.url.path().trim_end_matches('/');
        if owner.is_none_or(|owner| owner != "123456789012") || path != "/wire-test-dumps" {
            return error(400, "InvalidRequest");
        }
        let asked = request.url.query_pairs().map(|(key, _)| key.into_owned());
        let answer = asked
            .into_iter()
            .find_map(|key| self.0.get(key.as_str()).cloned());
        match answer {
            Some((status, body)) => xml(status, &body),
            None => error(403, "AccessDenied"),
        }
    }
}

fn xml(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body.to_owned(), "application/xml")
}

fn error(status: u16, code: &str) -> ResponseTemplate {
    xml(status, &error_body(code))
}

fn error_body(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>said so</Message></Error>")
}

/// What S3 answers for a bucket like this.
fn answers(bucket: &Bucket) -> BTreeMap<&'static str, (u16, String)> {
    let rules = bucket.lifecycle_configuration.iter();
    // In another order than asked for.
    let rules: String = rules
        .flat_map(|it| it.rules.iter().rev())
        .map(rule)
        .collect();
    let ok = |root: &str, inner: &str| (200, format!("<{root} {NAMESPACE}>{inner}</{root}>"));
    BTreeMap::from([
        (
            "versioning",
            ok("VersioningConfiguration", "<Status>Enabled</Status>"),
        ),
        (
            "encryption",
            ok(
                "ServerSideEncryptionConfiguration",
                "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
                 </ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>",
            ),
        ),
        (
            "publicAccessBlock",
            ok(
                "PublicAccessBlockConfiguration",
                "<BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls>\
                 <BlockPublicPolicy>true</BlockPublicPolicy>\
                 <RestrictPublicBuckets>true</RestrictPublicBuckets>",
            ),
        ),
        ("lifecycle", ok("LifecycleConfiguration", &rules)),
        ("policy", (200, POLICY_DOCUMENT.to_owned())),
        ("stacks", (200, NO_STACKS.to_owned())),
    ])
}

pub fn rule(rule: &Rule) -> String {
    let transitions: String = rule
        .transitions
        .iter()
        .map(|step| {
            format!(
                "<Transition><Days>{}</Days><StorageClass>{}</StorageClass></Transition>",
                step.transition_in_days, step.storage_class
            )
        })
        .collect();
    let days = |outer: &str, inner: &str, days: Option<u32>| match days {
        Some(days) => format!("<{outer}><{inner}>{days}</{inner}></{outer}>"),
        None => String::new(),
    };
    let noncurrent = rule.noncurrent_version_expiration.as_ref();
    let abort = rule.abort_incomplete_multipart_upload.as_ref();
    format!(
        "<Rule><ID>{}</ID><Filter><Prefix>{}</Prefix></Filter><Status>{}</Status>{transitions}{}{}{}</Rule>",
        rule.id,
        rule.prefix,
        rule.status,
        days("Expiration", "Days", rule.expiration_in_days),
        days(
            "NoncurrentVersionExpiration",
            "NoncurrentDays",
            noncurrent.map(|it| it.noncurrent_days)
        ),
        days(
            "AbortIncompleteMultipartUpload",
            "DaysAfterInitiation",
            abort.map(|it| it.days_after_initiation)
        ),
    )
}

fn planned() -> Bucket {
    match &plan(POLICY).resources[0].body {
        Body::Bucket(bucket) => (**bucket).clone(),
        other => panic!("{other:?}"),
    }
}

fn against(answers: BTreeMap<&'static str, (u16, String)>) -> Observed {
    let runtime = runtime();
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(S3(answers))
            .mount(&server)
            .await;
        server
    });
    let url = server.uri();
    observe(
        POLICY,
        &[
            ("AWS_ENDPOINT_URL", &url),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
        ],
    )
}

const NAME: &str = "wire-test-dumps";

#[test]
fn a_bucket_reads_back_as_it_was_planned() {
    let observed = against(answers(&planned())).expect_code(0);
    assert_eq!(observed.output.stdout, "");
    assert_eq!(observed.live(NAME), &observed.wanted(NAME));
}

#[test]
fn what_a_bucket_does_not_have_is_absent() {
    let mut answers = answers(&planned());
    for (part, code) in [
        (
            "encryption",
            "ServerSideEncryptionConfigurationNotFoundError",
        ),
        ("publicAccessBlock", "NoSuchPublicAccessBlockConfiguration"),
        ("lifecycle", "NoSuchLifecycleConfiguration"),
    ] {
        answers.insert(part, (404, error_body(code)));
    }
    let never_versioned = format!("<VersioningConfiguration {NAMESPACE}/>");
    answers.insert("versioning", (200, never_versioned));
    let observed = against(answers).expect_code(1);
    let live = observed.live(NAME).as_object().unwrap();
    let names: Vec<&str> = live.keys().map(String::as_str).collect();
    assert_eq!(names, ["BucketName", "VersioningConfiguration"]);
    assert_eq!(live["VersioningConfiguration"]["Status"], "Suspended");
}

#[test]
fn a_rule_for_some_objects_is_no_rule_for_all() {
    let mut answers = answers(&planned());
    if let Some((_, lifecycle)) = answers.get_mut("lifecycle") {
        *lifecycle = lifecycle
            .replace(
                "<Filter>",
                "<Filter><And><Tag><Key>keep</Key><Value>no</Value></Tag>",
            )
            .replace("</Filter>", "</And></Filter>");
    }
    let observed = against(answers);
    assert_ne!(observed.live(NAME), &observed.wanted(NAME));
}

#[test]
fn no_bucket_is_missing_and_no_right_is_unreadable() {
    let mut answers = answers(&planned());
    answers.insert("versioning", (404, error_body("NoSuchBucket")));
    let observed = against(answers.clone()).expect_code(1);
    assert_eq!(observed.state(NAME), &State::Missing);
    // Without its stack nobody knows whether it was ever there.
    answers.remove("stacks");
    let observed = against(answers.clone()).expect_code(3);
    assert!(observed.reason(NAME).contains("DescribeStacks"));
    // Nothing is answered at all.
    answers.clear();
    let observed = against(answers).expect_code(3);
    assert!(observed.reason(NAME).contains("AccessDenied"));
}
