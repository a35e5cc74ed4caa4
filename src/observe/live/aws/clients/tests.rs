//! Each client against a server that would take whatever it is sent.

use std::collections::BTreeSet;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_rds::error::SdkError;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::Clients;
use crate::cloud::aws::reads::READS;

async fn server() -> MockServer {
    let server = MockServer::start().await;
    let anything = Mock::given(any()).respond_with(ResponseTemplate::new(200));
    anything.mount(&server).await;
    server
}

fn clients(server: &MockServer) -> Clients {
    let credentials = Credentials::new("key", "secret", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(server.uri())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Clients::new(config)
}

async fn asked(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap_or_default();
    let text = |it: &wiremock::Request| format!("{} {}", it.method, it.url);
    requests.iter().map(text).collect()
}

/// Fails unless the call was refused here, for being no read.
#[track_caller]
fn assert_refused<T, E, R>(operation: &str, answer: Result<T, SdkError<E, R>>)
where
    E: std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let told = match answer.err() {
        Some(error @ SdkError::ConstructionFailure(_)) => super::super::chain(&error),
        other => format!("{operation} was not refused: {other:?}"),
    };
    let wanted = format!("backstay only reads: {operation} is not a read");
    assert!(told.contains(&wanted), "{told}");
}

macro_rules! refused {
    ($server:expr, $clients:expr; $($service:ident . $call:ident ( $($set:ident : $value:expr),* ) as $operation:literal;)*) => {
        $(
            let answer = $clients.$service().$call()$(.$set($value))*.send().await;
            assert_refused($operation, answer);
        )*
        assert_eq!(asked(&$server).await, Vec::<String>::new());
    };
}

#[tokio::test]
async fn no_write_leaves_a_client() {
    let server = server().await;
    let clients = clients(&server);
    refused! { server, clients;
        backup.create_backup_vault(backup_vault_name: "v") as "Backup CreateBackupVault";
        backup.delete_recovery_point(backup_vault_name: "v", recovery_point_arn: "a") as "Backup DeleteRecoveryPoint";
        backup.delete_backup_vault(backup_vault_name: "v") as "Backup DeleteBackupVault";
        backup.start_backup_job(backup_vault_name: "v") as "Backup StartBackupJob";
        backup.start_restore_job(recovery_point_arn: "a") as "Backup StartRestoreJob";
        backup.tag_resource(resource_arn: "a") as "Backup TagResource";
        cloudcontrol.create_resource(type_name: "t", desired_state: "{}") as "CloudControl CreateResource";
        cloudcontrol.delete_resource(type_name: "t", identifier: "i") as "CloudControl DeleteResource";
        cloudcontrol.update_resource(type_name: "t", identifier: "i", patch_document: "[]") as "CloudControl UpdateResource";
        cloudformation.create_change_set(stack_name: "s") as "CloudFormation CreateChangeSet";
        cloudformation.create_stack(stack_name: "s") as "CloudFormation CreateStack";
        cloudformation.delete_stack(stack_name: "s") as "CloudFormation DeleteStack";
        cloudformation.detect_stack_drift(stack_name: "s") as "CloudFormation DetectStackDrift";
        cloudformation.update_stack(stack_name: "s") as "CloudFormation UpdateStack";
        kms.create_key() as "KMS CreateKey";
        kms.decrypt(key_id: "k") as "KMS Decrypt";
        kms.disable_key(key_id: "k") as "KMS DisableKey";
        kms.put_key_policy(key_id: "k", policy: "{}") as "KMS PutKeyPolicy";
        kms.schedule_key_deletion(key_id: "k") as "KMS ScheduleKeyDeletion";
        rds.create_db_snapshot(db_instance_identifier: "i") as "RDS CreateDBSnapshot";
        rds.delete_db_instance(db_instance_identifier: "i") as "RDS DeleteDBInstance";
        rds.delete_db_snapshot(db_snapshot_identifier: "s") as "RDS DeleteDBSnapshot";
        rds.modify_db_instance(db_instance_identifier: "i") as "RDS ModifyDBInstance";
        rds.stop_db_instance(db_instance_identifier: "i") as "RDS StopDBInstance";
        s3.delete_bucket(bucket: "b") as "S3 DeleteBucket";
        s3.delete_object(bucket: "b", key: "k") as "S3 DeleteObject";
        s3.put_bucket_policy(bucket: "b", policy: "{}") as "S3 PutBucketPolicy";
        s3.put_object(bucket: "b", key: "k") as "S3 PutObject";
        sts.assume_role(role_arn: "r", role_session_name: "s") as "STS AssumeRole";
        sts.get_session_token() as "STS GetSessionToken";
    }
}

/// Without this the other test would pass where no client could send anything.
#[tokio::test]
async fn reads_leave_each_client() {
    let server = server().await;
    let clients = clients(&server);
    // What the server answers is no answer to any of these.
    let _ = clients.backup().list_backup_vaults().send().await;
    let resource = clients.cloudcontrol().get_resource().type_name("t");
    let _ = resource.identifier("i").send().await;
    let _ = clients.cloudformation().describe_stacks().send().await;
    let _ = clients.kms().describe_key().key_id("k").send().await;
    let _ = clients.rds().describe_db_instances().send().await;
    let policy = clients.s3().get_bucket_policy().bucket("b");
    let _ = policy.send().await;
    let _ = clients.sts().get_caller_identity().send().await;
    let asked = asked(&server).await;
    let services = READS.iter().filter_map(|read| Some(read.call?.0));
    let services: BTreeSet<&str> = services.collect();
    assert_eq!(asked.len(), services.len(), "{asked:?}");
}

/// AWS's services name what only reads by these verbs. Not all that they name so only reads, which is
/// why the list names each.
#[test]
fn reads_are_named_as_such() {
    for (service, operation) in READS.iter().filter_map(|read| read.call) {
        let verbs = ["Describe", "Get", "List"];
        let named = verbs.iter().any(|verb| operation.starts_with(verb));
        assert!(named, "{service} {operation}");
    }
}
