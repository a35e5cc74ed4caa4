//! Vaults: lock, key, tags, and who may copy into them.

use super::*;

#[test]
fn changes_of_a_vault_are_told() {
    let change = |cloud: &mut Cloud| {
        let dr = vault(cloud, HOME, WEST);
        dr["MinRetentionDays"] = json!(1);
        dr["MaxRetentionDays"] = json!(365);
        let safe = vault(cloud, SAFE, EAST);
        safe["LockDate"] = Value::Null;
        let policy = cloud.answer(SAFE, EAST, "access-policy");
        *policy = json!({ "Policy": json!({ "Version": "2012-10-17", "Statement": [{
            "Sid": "Anyone", "Effect": "Allow", "Principal": { "AWS": "*" },
            "Action": ["backup:CopyIntoBackupVault"], "Resource": "*",
        }] }).to_string() });
        let main = vault(cloud, HOME, EAST);
        main["EncryptionKeyArn"] = json!("arn:aws:kms:us-east-1:123456789012:key/another");
        *cloud.answer(HOME, EAST, "backup-vault:main-vault") =
            json!({ "owner": "nobody", "more": "x" });
    };
    let (dr, safe) = ("dr-vault", "safe-vault");
    let lock = "/LockConfiguration";
    tells(
        change,
        vec![
            told(
                Kind::Weakened,
                dr,
                &format!("{lock}/MinRetentionDays"),
                at::MIN,
            ),
            told(
                Kind::Weakened,
                dr,
                &format!("{lock}/MaxRetentionDays"),
                at::MAX,
            ),
            told(
                Kind::Weakened,
                safe,
                &format!("{lock}/ChangeableForDays"),
                at::GRACE,
            ),
            told(
                Kind::Weakened,
                safe,
                &format!("/AccessPolicy/Statement/CopiesFrom{HOME}"),
                at::COPY_TO_SAFE,
            ),
            told(
                Kind::Changed,
                safe,
                "/AccessPolicy/Statement/Anyone",
                "9:27",
            ),
            told(
                Kind::Changed,
                "main-vault",
                "/EncryptionKeyArn",
                at::MAIN_VAULT,
            ),
            told(
                Kind::Changed,
                "main-vault",
                "/BackupVaultTags/owner",
                at::TAG,
            ),
        ],
    );
}

#[test]
fn a_lock_that_is_gone_is_weakened_and_one_that_is_wider_is_stronger() {
    let change = |cloud: &mut Cloud| {
        let safe = vault(cloud, SAFE, EAST);
        safe["Locked"] = json!(false);
        for part in ["MinRetentionDays", "LockDate"] {
            safe[part] = Value::Null;
        }
        let dr = vault(cloud, HOME, WEST);
        dr["MinRetentionDays"] = json!(30);
        dr["MaxRetentionDays"] = Value::Null;
    };
    let lock = "/LockConfiguration";
    tells(
        change,
        vec![
            told(Kind::Weakened, "safe-vault", lock, "9:53"),
            told(
                Kind::Strengthened,
                "dr-vault",
                &format!("{lock}/MinRetentionDays"),
                at::MIN,
            ),
            told(
                Kind::Strengthened,
                "dr-vault",
                &format!("{lock}/MaxRetentionDays"),
                at::MAX,
            ),
        ],
    );
}
