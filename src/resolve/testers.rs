//! Who tests that the backups of a database can be restored.

use super::Database;
use crate::policy::Engine;

/// What restores a backup and looks into it, where that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tester {
    /// A script, the newest dump.
    Dumps,
    /// AWS Backup, what its vault keeps.
    Vault,
    /// A script, the newest snapshot of RDS, where nothing else is tested.
    Snapshots,
}

impl Database<'_> {
    pub fn testers(&self) -> Vec<Tester> {
        let written = self.written;
        let dumped = written.dump.as_ref().is_some_and(|dump| dump.has_tables());
        let kept = &self.intent.retention;
        let kept = [&kept.weekly, &kept.monthly, &kept.yearly];
        let in_vault = self.engine().rds().is_some()
            && written.vault.is_some()
            && kept.into_iter().any(Option::is_some);
        let mut testers = Vec::new();
        if dumped {
            testers.push(Tester::Dumps);
        }
        if in_vault {
            testers.push(Tester::Vault);
        }
        if testers.is_empty() && self.has_snapshots() && self.asks_for_tests() {
            testers.push(Tester::Snapshots);
        }
        testers
    }

    /// Whether RDS keeps any of it, that a script can look into once it is restored.
    fn has_snapshots(&self) -> bool {
        let pitr = self.intent.retention.pitr.as_ref();
        let automated = pitr.is_some_and(|kept| kept.value.minutes() > 0);
        self.engine() == Engine::RdsPostgres && (automated || self.written.snapshots.is_some())
    }

    /// A promise that nobody wrote down is nobody's, and a restored instance costs money.
    fn asks_for_tests(&self) -> bool {
        let every = self.intent.restore_test.every.as_ref();
        every.is_some_and(|every| every.place.or(self.tier_place).is_some())
    }
}
