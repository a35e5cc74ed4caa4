//! Restore tests.

use super::*;

#[test]
fn changes_of_restore_tests_are_told() {
    let selection = format!("{TEST}/databases");
    let change = |cloud: &mut Cloud| {
        let answer = cloud.answer(HOME, EAST, &format!("/plans/{TEST}"));
        let test = &mut answer["RestoreTestingPlan"];
        test["ScheduleExpression"] = json!("cron(17 6 2 1 ? *)");
        test["StartWindowHours"] = Value::Null;
        test["RecoveryPointSelection"]["SelectionWindowDays"] = json!(1);
        test["RecoveryPointSelection"]["ExcludeVaults"] =
            json!(["arn:aws:backup:us-east-1:123456789012:backup-vault:main-vault"]);
        let answer = cloud.answer(HOME, EAST, &format!("/plans/{TEST}/selections/databases"));
        let tested = &mut answer["RestoreTestingSelection"];
        tested["ProtectedResourceArns"] = json!([ORDERS]);
        tested["ValidationWindowHours"] = json!(100);
        tested["RestoreMetadataOverrides"] =
            json!({ "PubliclyAccessible": "true", "dbSubnetGroupName": "private" });
    };
    let points = "/RecoveryPointSelection";
    let vault = "arn:aws:backup:us-east-1:123456789012:backup-vault:main-vault";
    tells(
        change,
        vec![
            told(Kind::Weakened, TEST, "/ScheduleExpression", at::TESTS),
            told(
                Kind::Weakened,
                TEST,
                &format!("{points}/SelectionWindowDays"),
                at::TESTS,
            ),
            told(
                Kind::Weakened,
                TEST,
                &format!("{points}/IncludeVaults/{vault}"),
                at::TESTS,
            ),
            told(
                Kind::Weakened,
                &selection,
                &format!("/ProtectedResourceArns/{LEDGER}"),
                at::LEDGER,
            ),
            told(
                Kind::Changed,
                &selection,
                "/ValidationWindowHours",
                at::TESTS,
            ),
            told(
                Kind::Weakened,
                &selection,
                "/RestoreMetadataOverrides/publiclyAccessible",
                at::TESTS,
            ),
        ],
    );
}
