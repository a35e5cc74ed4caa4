//! Servers with Premium SSD v2, whose disk has a speed of its own and does not grow by itself.

use rstest::rstest;
use serde_json::{Value, json};

use super::cloud::Cloud;
use super::estate::Estate;
use super::told::{Told, deploy_server, tells, update};

const POLICY: &str = r#"version: 1
locations:
  north: { provider: azure, region: westeurope, subscription: 00000000-0000-0000-0000-000000000001, resource_group: trains-rg }
databases:
  trains:
    engine: azure_postgres
    at: north
    id: trains-prod
    tier: non_critical
    retention: { pitr: 14d }
    provision: { version: "17", sku: Standard_D2s_v3, sku_tier: GeneralPurpose, storage: { size: SIZE, type: premium_v2 }, username: pgadmin }
"#;

fn deployed(size: &str) -> Estate {
    Estate::of(&POLICY.replace("SIZE", size))
}

/// As much speed as costs nothing more.
#[rstest]
#[case("399GiB", 3_000, 125)]
#[case("400GiB", 12_000, 500)]
fn a_fresh_disk_has_no_drift(#[case] size: &str, #[case] iops: u32, #[case] throughput: u32) {
    let mut estate = deployed(size);
    let storage = estate.cloud.server("trains-prod")["properties"]["storage"].clone();
    assert_eq!(storage["type"], "PremiumV2_LRS");
    assert_eq!(storage["autoGrow"], "Disabled");
    assert_eq!(
        (&storage["iops"], &storage["throughput"]),
        (&json!(iops), &json!(throughput))
    );
    let running = estate.start(|cloud| {
        cloud.set(
            "trains-prod",
            "/properties/storage/type",
            json!("premiumv2_lrs"),
        );
    });
    assert_eq!(running.drift(&[]).expect_code(0).stdout, "");
}

fn set(pointer: &'static str, value: Value) -> impl FnOnce(&mut Cloud) {
    move |cloud| cloud.set("trains-prod", pointer, value)
}

#[rstest]
#[case::the_built_in_one(
    set("/properties/storage/type", json!("")),
    Told { kind: "changed", property: "/properties/storage/type", at: "11:111", restore: None }
)]
#[case::slower(
    set("/properties/storage/iops", json!(1_000)),
    Told { kind: "changed", property: "/properties/storage/iops", at: "11:98", restore: update("--name trains-prod --iops 3000") }
)]
#[case::narrower(
    set("/properties/storage/throughput", json!(100)),
    Told { kind: "changed", property: "/properties/storage/throughput", at: "11:98", restore: update("--name trains-prod --throughput 125") }
)]
#[case::gone(
    |cloud: &mut Cloud| cloud.servers.clear(),
    Told { kind: "missing", property: "", at: "8:9", restore: deploy_server("trains") }
)]
fn another_disk_is_found(#[case] change: impl FnOnce(&mut Cloud), #[case] expected: Told) {
    let code = i32::from(expected.kind != "changed");
    tells(&deployed("64GiB").start(change), code, expected);
}
