//! A replica in another Region than its database, each deployed by its own stack.

use serde_json::Value;

use super::cloud::Cloud;

const POLICY: &str = r#"version: 1
locations:
  us: { provider: aws, region: us-east-1, account: "123456789012" }
  west: { provider: aws, region: us-west-2, account: "123456789012" }
databases:
  orders:
    engine: rds_mysql
    at: us
    id: orders
    tier: non_critical
    replicas:
      - id: orders-west
        at: west
        high_availability: multi_az
    provision:
      engine_version: "8.4"
      instance_class: db.t4g.medium
      storage: { size: 20GiB }
      username: root
"#;

const REPLICA: &str = "AWS::RDS::DBInstance orders-west";
const MODIFY: &str =
    "aws rds modify-db-instance --region us-west-2 --db-instance-identifier orders-west";

/// moto gives outputs no attributes of an instance, and keeps the policy of a key as text only.
fn as_moto_takes_it(template: &str) -> String {
    let mut template: Value = serde_yaml::from_str(template).unwrap();
    template.as_object_mut().unwrap().remove("Outputs");
    let resources = template["Resources"].as_object_mut().unwrap();
    for resource in resources.values_mut() {
        if let Some(policy) = resource["Properties"].get_mut("KeyPolicy") {
            *policy = policy.to_string().into();
        }
    }
    template.to_string()
}

fn deploy(cloud: &Cloud, file: &str, stack: &str, region: &str) {
    cloud.write("taken.json", &as_moto_takes_it(&cloud.rendered(file)));
    cloud.deploy(stack, region, "taken.json");
}

/// The database without its replica.
fn deployed() -> Cloud {
    let cloud = Cloud::moto(POLICY);
    deploy(&cloud, "aws/us/orders.yaml", "backstay-orders", "us-east-1");
    // moto takes these in a template and does not keep them.
    cloud.shell(
        "aws rds modify-db-instance --region us-east-1 --db-instance-identifier orders \
         --deletion-protection --preferred-backup-window 03:00-04:00 \
         --cloudwatch-logs-export-configuration EnableLogTypes=error,slowquery",
    );
    cloud
}

#[test]
fn a_replica_is_missing_then_silent_and_each_change_of_it_is_told_and_undone() {
    let cloud = deployed();
    let alias = "alias/backstay/orders-replicas";
    assert_eq!(
        cloud.told().what,
        [
            format!("missing AWS::KMS::Key {alias} 13:13"),
            format!("missing AWS::KMS::Alias {alias} 13:13"),
            format!("missing {REPLICA} 12:13"),
        ]
    );
    deploy(
        &cloud,
        "aws/west/orders-replicas.yaml",
        "backstay-orders-replicas",
        "us-west-2",
    );
    cloud.shell(&format!("{MODIFY} --deletion-protection --multi-az"));
    cloud.is_clean();
    for (done, kind, property, place) in [
        (
            "--no-deletion-protection",
            "weakened",
            "/DeletionProtection",
            "12:13",
        ),
        (
            "--no-copy-tags-to-snapshot",
            "weakened",
            "/CopyTagsToSnapshot",
            "12:13",
        ),
        ("--no-multi-az", "weakened", "/MultiAZ", "14:28"),
        (
            "--db-instance-class db.t4g.micro",
            "changed",
            "/DBInstanceClass",
            "17:23",
        ),
    ] {
        let what = format!("{kind} {REPLICA}{property} {place}");
        cloud.tells(&format!("{MODIFY} {done}"), &[&what]);
        cloud.is_clean();
    }
}
