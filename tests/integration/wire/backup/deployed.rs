//! As deployed: silent, with few calls, each in its own account and Region.

use super::*;

#[test]
fn what_was_deployed_is_silent_and_asks_no_more_than_it_must() {
    let cloud = Cloud::of(&plan(POLICY));
    let calls = cloud.clone();
    let observed = against(cloud);
    assert_eq!(drift(&observed), []);
    let ours = observed.plan.resources.iter();
    let ours = ours.filter(|resource| resource.address.kind.starts_with("AWS::Backup::"));
    assert_eq!(ours.clone().count(), 7);
    for resource in ours {
        let State::Found(found) = &observed.seen[&resource.address] else {
            panic!(
                "{}: {:?}",
                resource.address, observed.seen[&resource.address]
            );
        };
        let wanted = resource.body.tree();
        assert_eq!(found.live, wanted, "{}", resource.address);
        assert_eq!(
            found.deployed.as_ref(),
            Some(&wanted),
            "{}",
            resource.address
        );
    }
    // Three lists of vaults, one of plans and one of selections, each of one page; the rest of the
    // calls are for what is declared.
    let calls = calls.calls();
    assert!(
        calls.len() <= 5 + observed.plan.resources.len(),
        "{calls:#?}"
    );
}

#[test]
fn only_planned_plans_are_opened_on_any_page() {
    let mut cloud = Cloud::of(&plan(POLICY));
    let others = (0..5)
        .map(|n| json!({ "BackupPlanName": format!("other-{n}"), "BackupPlanId": n.to_string() }));
    let plans = cloud
        .answer(HOME, EAST, "/backup/plans")
        .as_array_mut()
        .unwrap();
    plans.splice(0..0, others);
    let vaults = cloud
        .answer(HOME, WEST, "/backup-vaults")
        .as_array_mut()
        .unwrap();
    vaults.insert(0, json!({ "BackupVaultName": "Default", "Locked": false }));
    let calls = cloud.clone();
    assert_eq!(drift(&against(cloud)), []);
    let opened = calls.calls();
    let opened = opened
        .iter()
        .filter(|path| path.starts_with("/backup/plans/id"));
    // The plan, its selections, and the one selection.
    assert_eq!(opened.count(), 3);
}

#[test]
fn every_scope_was_asked_in_its_own_account() {
    let mut cloud = Cloud::of(&plan(POLICY));
    // The same vault in the wrong account would pass for the right one.
    let safe = cloud.region(SAFE, EAST).clone();
    cloud.region(SAFE, EAST).clear();
    cloud.region(HOME, EAST).extend(safe);
    let observed = against(cloud);
    let mut vaults = observed
        .seen
        .iter()
        .filter(|(address, _)| address.name == "safe-vault");
    let (address, state) = vaults.next().unwrap();
    assert!(matches!(&address.scope, Scope::Aws { account, .. } if account == SAFE));
    // Its stack takes it for there.
    assert_eq!(state, &State::Deleted);
}
