//! Plans and their selections.

use super::*;

fn rules(cloud: &mut Cloud) -> &mut Value {
    let answer = cloud.answer(HOME, EAST, &format!("/backup/plans/id-of-{PLAN}"));
    &mut answer["BackupPlan"]["Rules"]
}

#[test]
fn changes_of_a_plan_are_told() {
    let change = |cloud: &mut Cloud| {
        let rules = rules(cloud);
        rules[0]["Lifecycle"]["DeleteAfterDays"] = json!(30);
        rules[0]["ScheduleExpression"] = json!("cron(0 12 1 1 ? 2099)");
        rules[0]["EnableContinuousBackup"] = json!(true);
        rules[0]["CopyActions"]
            .as_array_mut()
            .unwrap()
            .retain(|copy| copy["DestinationBackupVaultArn"] != DR);
        rules[1]["Lifecycle"] = Value::Null;
        for copy in rules[1]["CopyActions"].as_array_mut().unwrap() {
            if copy["DestinationBackupVaultArn"] == DR {
                copy["Lifecycle"]["DeleteAfterDays"] = json!(31);
            }
        }
        let stranger = json!({ "DestinationBackupVaultArn": "arn:aws:backup:us-east-1:999999999999:backup-vault:x" });
        rules[1]["CopyActions"]
            .as_array_mut()
            .unwrap()
            .push(stranger);
    };
    let below = |rule: &str, rest: &str| format!("{rule}/{rest}");
    let delete = "Lifecycle/DeleteAfterDays";
    tells(
        change,
        vec![
            told(Kind::Weakened, PLAN, &below(WEEKLY, delete), at::WEEKLY),
            told(
                Kind::Weakened,
                PLAN,
                &below(WEEKLY, "ScheduleExpression"),
                at::WEEKLY,
            ),
            told(
                Kind::Changed,
                PLAN,
                &below(WEEKLY, "EnableContinuousBackup"),
                at::WEEKLY,
            ),
            told(
                Kind::Weakened,
                PLAN,
                &below(WEEKLY, &format!("CopyActions/{DR}")),
                at::COPIES,
            ),
            // Kept for ever.
            told(
                Kind::Strengthened,
                PLAN,
                &below(MONTHLY, delete),
                at::MONTHLY,
            ),
            told(
                Kind::Weakened,
                PLAN,
                &below(MONTHLY, &format!("CopyActions/{DR}/{delete}")),
                at::COPIES,
            ),
            told(
                Kind::Changed,
                PLAN,
                &below(
                    MONTHLY,
                    "CopyActions/arn:aws:backup:us-east-1:999999999999:backup-vault:x",
                ),
                at::COPIES,
            ),
        ],
    );
}

#[test]
fn a_rule_that_is_gone_and_one_that_is_more_are_told() {
    let change = |cloud: &mut Cloud| {
        let rules = rules(cloud);
        rules[1]["RuleName"] = json!("daily");
        rules[0]["CopyActions"] = json!([]);
    };
    tells(
        change,
        vec![
            told(Kind::Weakened, PLAN, MONTHLY, at::MONTHLY),
            told(
                Kind::Changed,
                PLAN,
                "/BackupPlan/BackupPlanRule/daily",
                at::ORDERS,
            ),
            told(
                Kind::Weakened,
                PLAN,
                &format!("{WEEKLY}/CopyActions"),
                at::COPIES,
            ),
        ],
    );
}

#[test]
fn changes_of_a_selection_are_told_at_the_database_they_concern() {
    let selection = format!("{PLAN}/databases");
    let of = |cloud: &mut Cloud, part: &str, value: Value| {
        let answer = cloud.answer(HOME, EAST, "/selections/id-1");
        answer["BackupSelection"][part] = value;
    };
    let lost = |name: &str, at| {
        told(
            Kind::Weakened,
            &selection,
            &format!("/BackupSelection/Resources/{name}"),
            at,
        )
    };
    tells(
        |cloud| {
            of(
                cloud,
                "Resources",
                json!([LEDGER, "arn:aws:rds:us-east-1:123456789012:db:other"]),
            );
            of(
                cloud,
                "IamRoleArn",
                json!("arn:aws:iam::123456789012:role/another"),
            );
        },
        vec![
            lost(ORDERS, at::ORDERS),
            told(
                Kind::Strengthened,
                &selection,
                "/BackupSelection/Resources/arn:aws:rds:us-east-1:123456789012:db:other",
                at::ORDERS,
            ),
            told(
                Kind::Changed,
                &selection,
                "/BackupSelection/IamRoleArn",
                at::ORDERS,
            ),
        ],
    );
    tells(
        |cloud| of(cloud, "NotResources", json!(["arn:aws:rds:*:ledger"])),
        vec![lost(LEDGER, at::LEDGER)],
    );
    // A pattern that takes them in, too, is only more.
    tells(
        |cloud| {
            of(
                cloud,
                "Resources",
                json!(["arn:aws:rds:us-east-1:123456789012:db:*"]),
            )
        },
        vec![told(
            Kind::Strengthened,
            &selection,
            "/BackupSelection/Resources/arn:aws:rds:us-east-1:123456789012:db:*",
            at::ORDERS,
        )],
    );
    // With a condition nobody can tell from here whom it still takes in.
    let narrowed = after(|cloud| {
        let only = json!([{ "ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "yes" }]);
        of(cloud, "Conditions", json!({ "StringEquals": only }));
    });
    let weakened = narrowed.iter().filter(|it| it.0 == Kind::Weakened);
    assert_eq!(weakened.count(), 2, "{narrowed:#?}");
}
