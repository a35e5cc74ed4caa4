//! The script that `--fix-script` writes, run against the clouds that it is about: what it says it
//! sets is set, and drift has nothing more to say.

use super::estate::{Estate, MODIFY};

const PROD: &str = "train-tracker-db-prod";
const READ_1: &str = "train-tracker-db-read-1";

#[test]
fn the_script_brings_the_clouds_back() {
    let estate = Estate::whole();
    let bucket =
        "--region us-west-2 --expected-bucket-owner 123456789012 --bucket train-tracker-backups";
    estate.shell(&format!(
        r#"{MODIFY} {PROD} --no-deletion-protection --backup-retention-period 7 --preferred-backup-window 09:00-10:00
        {MODIFY} {READ_1} --no-copy-tags-to-snapshot
        aws s3api put-bucket-encryption {bucket} --server-side-encryption-configuration \
            '{{"Rules":[{{"ApplyServerSideEncryptionByDefault":{{"SSEAlgorithm":"aws:kms"}}}}]}}'
        aws rds remove-tags-from-resource --region us-east-1 --tag-keys owner \
            --resource-name arn:aws:rds:us-east-1:123456789012:db:{PROD}
        aws s3api delete-bucket-lifecycle {bucket}
        aws s3api put-bucket-versioning {bucket} --versioning-configuration Status=Suspended"#
    ));
    let (code, told) = estate.told();
    let kinds = |kind: &str| told.iter().filter(|it| it.what.starts_with(kind)).count();
    let counts = ["weakened", "changed", "strengthened"].map(kinds);
    assert_eq!((code, counts), (1, [5, 2, 1]), "{told:?}");
    estate.run(&["drift", "--fix-script", "fix.sh"], 1);

    // Listing changes nothing.
    estate.shell("bash fix.sh");
    assert_eq!(estate.told(), (code, told));
    estate.shell("bash fix.sh --apply --lower >&2");
    estate.is_clean();
    let text = estate.run(&["drift", "--fix-script", "fix.sh"], 0).stdout;
    assert_eq!(text, "");
    estate.shell("grep -q 'nothing to bring back' fix.sh");
}
