//! What AWS itself tells of trouble with backups.
//!
//! Sources: "Amazon RDS event categories and event messages" in the RDS user guide, "Monitoring AWS
//! Backup events using Amazon EventBridge" and "AWS Backup metrics with Amazon CloudWatch" in the
//! AWS Backup developer guide.

/// The places where one kind of trouble shows.
#[derive(Debug)]
pub struct Signals {
    /// Categories of RDS's events about an instance.
    pub instance: &'static [&'static str],
    /// Categories of RDS's events about snapshots.
    pub snapshot: &'static [&'static str],
    /// Events of AWS Backup.
    pub jobs: &'static [Job],
    /// Metrics of AWS Backup that count it.
    pub metrics: &'static [Metric],
}

/// One kind of event of AWS Backup.
#[derive(Debug)]
pub struct Job {
    /// What rules are named after.
    pub name: &'static str,
    pub detail_type: &'static str,
    /// The member of the event that tells how it ended: Restore jobs call it otherwise.
    pub outcome: &'static str,
    pub values: &'static [&'static str],
    pub of: Of,
    pub vault: VaultIn,
}

/// Which of a database's vaults it is about. It is told where they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The one that backups are made in.
    Own,
    /// The same, where what is in it is tested.
    Tested,
    /// Those that backups are copied to.
    Copies,
    Each,
}

/// How an event names the vault that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultIn {
    /// By its name, in this member.
    Name(&'static str),
    /// By its ARN, in this member.
    Arn(&'static str),
    /// Not at all: the event names the type of the resource.
    Untold,
}

#[derive(Debug)]
pub struct Metric {
    /// What alarms are named after.
    pub name: &'static str,
    pub metric: &'static str,
    pub of: Of,
    pub what: &'static str,
}

const BACKUP_JOB: &str = "Backup Job State Change";
const COPY_JOB: &str = "Copy Job State Change";
const VAULT_NAME: VaultIn = VaultIn::Name("backupVaultName");

/// A backup, a copy or an export came to nothing. RDS tells of a canceled copy (in the Region that it
/// goes to) and of a failed export as a notification about the snapshot. A copy to another account is
/// told to both accounts.
pub static FAILED: Signals = Signals {
    instance: &["failure"],
    snapshot: &["failure", "notification"],
    jobs: &[
        Job {
            name: "backup-failed",
            detail_type: BACKUP_JOB,
            outcome: "state",
            values: &["FAILED"],
            of: Of::Own,
            vault: VAULT_NAME,
        },
        Job {
            name: "copy-failed",
            detail_type: COPY_JOB,
            outcome: "state",
            values: &["FAILED"],
            of: Of::Own,
            vault: VaultIn::Arn("sourceBackupVaultArn"),
        },
        Job {
            name: "incoming-copy-failed",
            detail_type: COPY_JOB,
            outcome: "state",
            values: &["FAILED"],
            of: Of::Copies,
            vault: VaultIn::Arn("destinationBackupVaultArn"),
        },
    ],
    metrics: &[Metric {
        name: "backup-failed",
        metric: "NumberOfBackupJobsFailed",
        of: Of::Own,
        what: "A backup job failed",
    }],
};

/// A backup never began: its start window passed, somebody stopped it, or the instance was stopped,
/// of which RDS tells as a notification.
pub static MISSED: Signals = Signals {
    instance: &["notification"],
    snapshot: &[],
    jobs: &[Job {
        name: "backup-missed",
        detail_type: BACKUP_JOB,
        outcome: "state",
        values: &["ABORTED", "EXPIRED"],
        of: Of::Own,
        vault: VAULT_NAME,
    }],
    metrics: &[],
};

pub static RESTORE_TEST_FAILED: Signals = Signals {
    instance: &[],
    snapshot: &[],
    jobs: &[Job {
        name: "restore-failed",
        detail_type: "Restore Job State Change",
        outcome: "status",
        values: &["ABORTED", "FAILED"],
        of: Of::Tested,
        vault: VaultIn::Untold,
    }],
    metrics: &[],
};

/// Somebody took protection away: automated backups were disabled (a change of configuration), the
/// instance or the vault was deleted.
pub static WEAKENED: Signals = Signals {
    instance: &["configuration change", "deletion"],
    snapshot: &[],
    jobs: &[Job {
        name: "vault-deleted",
        detail_type: "Backup Vault State Change",
        outcome: "state",
        values: &["DELETED"],
        of: Of::Each,
        vault: VAULT_NAME,
    }],
    metrics: &[],
};
