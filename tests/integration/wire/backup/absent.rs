//! What is not there, and what may not be read.

use super::*;

#[test]
fn what_is_not_there_is_missing() {
    let change = |cloud: &mut Cloud| {
        cloud.region(SAFE, EAST).clear();
        cloud.region(HOME, EAST).clear();
        vault(cloud, HOME, WEST)["BackupVaultName"] = json!("another");
    };
    let names: Vec<String> = after(change)
        .into_iter()
        .map(|(kind, name, pointer, _)| {
            assert_eq!((kind, pointer.as_str()), (Kind::Missing, ""));
            name
        })
        .collect();
    let selection = format!("{PLAN}/databases");
    let tested = format!("{TEST}/databases");
    let all = [
        PLAN,
        &selection,
        TEST,
        &tested,
        "dr-vault",
        "main-vault",
        "safe-vault",
    ];
    assert_eq!(names, all);
}

#[test]
fn what_may_not_be_read_is_unreadable_with_its_reason() {
    let mut cloud = Cloud::of(&plan(POLICY));
    for path in ["/backup-vaults", "/backup/plans", "/restore-testing"] {
        cloud.refuse(path);
    }
    let observed = against(cloud);
    for (name, action) in [
        ("dr-vault", "backup:ListBackupVaults"),
        (PLAN, "backup:ListBackupPlans"),
        (&format!("{PLAN}/databases"), "backup:ListBackupPlans"),
        (TEST, "backup:GetRestoreTestingPlan"),
        (
            &format!("{TEST}/databases"),
            "backup:GetRestoreTestingSelection",
        ),
    ] {
        let reason = observed.reason(name);
        assert!(
            reason.contains(action) && reason.contains("AccessDenied"),
            "{reason}"
        );
    }
    assert_eq!(drift(&observed), []);
}

#[test]
fn a_part_that_may_not_be_read_leaves_the_rest_compared() {
    let mut cloud = Cloud::of(&plan(POLICY));
    cloud.refuse("/tags/");
    cloud.refuse("/backup-vaults/safe-vault/");
    vault(&mut cloud, SAFE, EAST)["MinRetentionDays"] = json!(1);
    let observed = against(cloud);
    let State::Found(found) = observed.state("safe-vault") else {
        panic!("{:?}", observed.state("safe-vault"));
    };
    let unread: Vec<&String> = found.unread.keys().collect();
    assert_eq!(unread, ["/AccessPolicy", "/BackupVaultTags"]);
    let lower = told(
        Kind::Weakened,
        "safe-vault",
        "/LockConfiguration/MinRetentionDays",
        "9:70",
    );
    assert_eq!(drift(&observed), [lower]);
    // One plan that cannot be opened hides nothing else.
    let mut cloud = Cloud::of(&plan(POLICY));
    cloud.refuse("/backup/plans/id");
    let observed = against(cloud);
    let reason = observed.reason(PLAN);
    assert!(reason.contains("backup:GetBackupPlan"), "{reason}");
    assert!(matches!(observed.state("main-vault"), State::Found(_)));
}

#[test]
fn without_the_ids_of_a_stack_nobody_can_tell_whose_key_or_role_it_is() {
    let mut cloud = Cloud::of(&plan(POLICY));
    cloud.refuse("DescribeStackResources");
    let observed = against(cloud);
    assert_eq!(drift(&observed), []);
    for (name, pointer) in [
        ("main-vault", "/EncryptionKeyArn"),
        (&format!("{PLAN}/databases"), "/BackupSelection/IamRoleArn"),
        (&format!("{TEST}/databases"), "/IamRoleArn"),
    ] {
        let State::Found(found) = observed.state(name) else {
            panic!("{name}: {:?}", observed.state(name));
        };
        let reason = &found.unread[pointer];
        assert!(reason.contains("DescribeStackResources"), "{reason}");
        assert_eq!(found.unread.len(), 1, "{name}");
    }
}
