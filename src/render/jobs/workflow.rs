//! The workflow that runs a script.

use serde::Serialize;

use super::super::actions::{ACTIONS, Actions};
use super::file;
use crate::cloud::aws::roles::{
    self, DUMP_WRITER, EXPORT_OPERATOR, RECOVERY_OPERATOR, RESTORE_TESTER, SNAPSHOT_OPERATOR,
};
use crate::plan::{
    Dump, DumpStore, Export, Job, OnDemand, PitrTest, RestoreTest, Server, Snapshot, SnapshotTest,
    Worker,
};

/// A client may be newer than the server, never older: where the policy does not say, the newest.
const NEWEST_CLIENT: &str = "18";

/// GitHub's own machine, and one that reaches a host of one's own.
pub(in crate::render) const GITHUB: &str = "ubuntu-24.04";
const SELF_HOSTED: &str = "self-hosted";

/// Longest that a run may take, in minutes: GitHub ends its own runners' jobs then anyway.
const TIMEOUT: u32 = 360;

#[derive(Debug, Serialize)]
pub(super) struct Workflow<'p> {
    #[serde(flatten)]
    job: &'p Job,
    script: String,
    /// The repository's environment that it runs in.
    pub environment: Option<&'p str>,
    runner: &'static str,
    timeout_minutes: u32,
    actions: Actions,
    aws: Option<Aws<'p>>,
    /// Logins to further accounts that the stores lie in.
    others: Vec<Aws<'p>>,
    azure: Option<Azure<'p>>,
    #[serde(flatten)]
    steps: Steps<'p>,
}

/// What the steps of one task need to know.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Steps<'p> {
    Dump {
        postgres_major: &'p str,
        /// The repository's secret.
        secret: String,
        /// The repository's variable, where the policy does not say where the server answers.
        host_variable: Option<String>,
    },
    RestoreTest {
        postgres_major: &'p str,
    },
    PitrTest {
        /// The repository's secret.
        secret: String,
    },
    SnapshotTest {
        /// The repository's secret.
        secret: String,
        /// The repository's variable, where the policy does not say who looks.
        user_variable: Option<String>,
        /// Whether a store receives the result.
        kept: bool,
    },
    /// Need nothing besides the login.
    Snapshot {},
    OnDemand {},
    Export {
        /// The repository's variable, where the policy has no key.
        export_key: Option<String>,
    },
}

#[derive(Debug, Serialize)]
pub(in crate::render) struct Aws<'p> {
    /// None: the repository says which, in a variable.
    pub role: Option<String>,
    pub region: &'p str,
    /// How long the credentials live, where longer than the built-in hour.
    pub seconds: Option<u32>,
    /// Where there are several logins: the account whose profile it becomes.
    pub account: Option<&'p str>,
}

#[derive(Debug, Serialize)]
pub(in crate::render) struct Azure<'p> {
    /// The repository's variable that names the identity: one for each thing that an identity may do.
    client: &'static str,
    /// Where somebody finds what it has to be.
    told_by: &'static str,
    /// None: what it does needs no right in a subscription.
    subscription: Option<&'p str>,
}

impl<'p> Azure<'p> {
    pub fn of(worker: Worker, subscription: Option<&'p str>) -> Azure<'p> {
        Azure {
            client: worker.variable(),
            told_by: "it is an output of the deployment of identities.json, which is rendered where \
                      the policy names its repository (github)",
            subscription,
        }
    }

    /// Who may make and delete servers is nothing to render unasked.
    fn recovery_operator(subscription: &'p str) -> Azure<'p> {
        Azure {
            client: "AZURE_RECOVERY_OPERATOR_CLIENT_ID",
            told_by: "make an identity that may restore and delete servers, and trusts this repository",
            subscription: Some(subscription),
        }
    }
}

/// A secret or variable of the repository: the name of one that belongs to a database.
fn setting(what: &str, job: &Job) -> String {
    format!("{what}_{}", job.name.to_ascii_uppercase().replace('-', "_"))
}

fn workflow_of<'p>(job: &'p Job, steps: Steps<'p>) -> Workflow<'p> {
    Workflow {
        job,
        script: file(job),
        environment: None,
        runner: GITHUB,
        timeout_minutes: TIMEOUT,
        actions: ACTIONS,
        aws: None,
        others: Vec::new(),
        azure: None,
        steps,
    }
}

pub(super) fn dump(dump: &Dump) -> Workflow<'_> {
    let steps = Steps::Dump {
        postgres_major: dump.postgres_major.as_deref().unwrap_or(NEWEST_CLIENT),
        secret: setting("PGPASS", &dump.job),
        host_variable: dump
            .connection
            .host
            .is_none()
            .then(|| setting("PGHOST", &dump.job)),
    };
    let mut logins = store_logins(dump, DUMP_WRITER, None);
    Workflow {
        // A host of one's own is seldom reachable from GitHub's runners.
        runner: if dump.at_host { SELF_HOSTED } else { GITHUB },
        aws: logins.next(),
        others: logins.collect(),
        azure: container_login(dump, Worker::DumpWriter),
        ..workflow_of(&dump.job, steps)
    }
}

/// The stores are all that it has to reach: the server is its own.
pub(super) fn restore_test(test: &RestoreTest) -> Workflow<'_> {
    let dump = &test.dump;
    let steps = Steps::RestoreTest {
        postgres_major: dump.postgres_major.as_deref().unwrap_or(NEWEST_CLIENT),
    };
    let mut logins = store_logins(dump, RESTORE_TESTER, Some(TIMEOUT * 60));
    Workflow {
        aws: logins.next(),
        others: logins.collect(),
        azure: container_login(dump, Worker::RestoreTester),
        ..workflow_of(&dump.job, steps)
    }
}

/// One for each account.
fn store_logins<'p>(
    dump: &'p Dump,
    name: &'static str,
    seconds: Option<u32>,
) -> impl Iterator<Item = Aws<'p>> {
    let several = dump.accounts.len() > 1;
    dump.accounts.iter().filter_map(move |of| {
        dump.stores.iter().find_map(|store| match store {
            DumpStore::S3 {
                account, region, ..
            } if account == of => Some(Aws {
                role: Some(roles::arn(region, account, name)),
                region,
                seconds,
                account: several.then_some(account.as_str()),
            }),
            DumpStore::S3 { .. } | DumpStore::Blob { .. } => None,
        })
    })
}

fn container_login(dump: &Dump, worker: Worker) -> Option<Azure<'static>> {
    dump.stores.iter().find_map(|store| match store {
        DumpStore::Blob { .. } => Some(Azure::of(worker, None)),
        DumpStore::S3 { .. } => None,
    })
}

pub(super) fn snapshot(snapshot: &Snapshot) -> Workflow<'_> {
    Workflow {
        aws: Some(Aws {
            role: Some(roles::arn(
                &snapshot.region,
                &snapshot.account,
                SNAPSHOT_OPERATOR,
            )),
            region: &snapshot.region,
            seconds: Some(TIMEOUT * 60),
            account: None,
        }),
        ..workflow_of(&snapshot.job, Steps::Snapshot {})
    }
}

pub(super) fn on_demand(backup: &OnDemand) -> Workflow<'_> {
    Workflow {
        azure: Some(Azure::of(
            Worker::SnapshotOperator,
            Some(&backup.subscription),
        )),
        ..workflow_of(&backup.job, Steps::OnDemand {})
    }
}

pub(super) fn export(export: &Export) -> Workflow<'_> {
    let unknown = export.key.is_none();
    let steps = Steps::Export {
        export_key: unknown.then(|| setting("EXPORT_KMS_KEY", &export.job)),
    };
    Workflow {
        aws: Some(Aws {
            role: Some(roles::arn(&export.region, &export.account, EXPORT_OPERATOR)),
            region: &export.region,
            seconds: Some(TIMEOUT * 60),
            account: None,
        }),
        ..workflow_of(&export.job, steps)
    }
}

pub(super) fn snapshot_test(test: &SnapshotTest) -> Workflow<'_> {
    let unknown = test.user.is_none();
    let steps = Steps::SnapshotTest {
        secret: setting("PGPASS", &test.job),
        user_variable: unknown.then(|| setting("PGUSER", &test.job)),
        kept: test.store.is_some(),
    };
    Workflow {
        // Nothing that is restored is public.
        runner: SELF_HOSTED,
        aws: instance_login(&test.recovery.server),
        ..workflow_of(&test.job, steps)
    }
}

fn instance_login(server: &Server) -> Option<Aws<'_>> {
    match server {
        Server::Aws {
            account, region, ..
        } => Some(Aws {
            role: Some(roles::arn(region, account, RECOVERY_OPERATOR)),
            region,
            seconds: Some(TIMEOUT * 60),
            account: None,
        }),
        Server::Azure { .. } | Server::Host { .. } => None,
    }
}

pub(super) fn pitr_test(test: &PitrTest) -> Workflow<'_> {
    let steps = Steps::PitrTest {
        secret: setting("PGPASS", &test.job),
    };
    let workflow = Workflow {
        // Nothing that is restored is public.
        runner: SELF_HOSTED,
        ..workflow_of(&test.job, steps)
    };
    match &test.recovery.server {
        Server::Aws { .. } => Workflow {
            aws: instance_login(&test.recovery.server),
            ..workflow
        },
        Server::Azure { subscription, .. } => Workflow {
            azure: Some(Azure::recovery_operator(subscription)),
            ..workflow
        },
        Server::Host { .. } => workflow,
    }
}
