//! The kinds of resources that a plan can hold: one line each.

use serde_json::Value;

use crate::cloud::aws::{backup, events, iam, kms, rds, restore_testing, s3, sns};
use crate::cloud::azure::{
    access, alerts, backup as azure_backup, blob, locks, metric, postgres, storage,
};
use crate::cloud::{NotCompared, Owned, Property};

/// Declares [`Body`] and everything that holds for each of its kinds alike.
macro_rules! bodies {
    ($($variant:ident($struct:ty),)*) => {
        /// The properties, in the deployed file's words.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Body {
            $($variant(Box<$struct>),)*
        }

        impl Body {
            /// Every kind's type and table of properties.
            pub const TABLES: &'static [(&'static str, &'static [Property])] =
                &[$((<$struct>::TYPE, <$struct>::PROPERTIES),)*];

            /// The resource's type in the provider's words, as AWS::RDS::DBInstance.
            pub fn kind(&self) -> &'static str {
                match self {
                    $(Body::$variant(_) => <$struct>::TYPE,)*
                }
            }

            /// The API version that templates are written for, where they name one.
            pub fn api_version(&self) -> Option<&'static str> {
                match self {
                    $(Body::$variant(_) => <$struct>::API_VERSION,)*
                }
            }

            /// The properties as the deployed file holds them.
            pub fn tree(&self) -> Value {
                match self {
                    $(Body::$variant(body) => tree(&**body),)*
                }
            }

            /// What of another resource's properties is owned, where they are of the same kind:
            /// what a frame or a server added falls away.
            pub fn owned(&self, found: &Value) -> Option<Value> {
                match self {
                    $(Body::$variant(_) => {
                        let body: $struct = serde_json::from_value(found.clone()).ok()?;
                        Some(tree(&body))
                    })*
                }
            }

            pub fn properties(&self) -> &'static [Property] {
                match self {
                    $(Body::$variant(_) => <$struct>::PROPERTIES,)*
                }
            }

            /// What the frame sets and the cloud never tells back; only where the frame is rendered.
            pub fn not_compared(&self) -> impl Iterator<Item = &'static NotCompared> {
                let all = match self {
                    $(Body::$variant(_) => <$struct>::NOT_COMPARED,)*
                };
                let tree = self.tree();
                let is_set = move |it: &&NotCompared| {
                    it.beside.is_none_or(|path| tree.pointer(path).is_some())
                };
                all.iter().filter(is_set)
            }
        }

        $(impl From<$struct> for Body {
            fn from(body: $struct) -> Body {
                Body::$variant(Box::new(body))
            }
        })*
    };
}

bodies! {
    DbInstance(rds::DbInstance),
    BackupVault(backup::BackupVault),
    BackupPlan(backup::BackupPlan),
    BackupSelection(backup::BackupSelection),
    RestoreTestingPlan(restore_testing::RestoreTestingPlan),
    RestoreTestingSelection(restore_testing::RestoreTestingSelection),
    Key(kms::Key),
    Alias(kms::Alias),
    Bucket(s3::Bucket),
    BucketPolicy(s3::BucketPolicy),
    Topic(sns::Topic),
    TopicPolicy(sns::TopicPolicy),
    EventSubscription(events::EventSubscription),
    Rule(events::Rule),
    Alarm(events::Alarm),
    Role(iam::Role),
    FlexibleServer(postgres::FlexibleServer),
    Replica(postgres::Replica),
    Lock(locks::Lock),
    AzureVault(azure_backup::BackupVault),
    AzurePolicy(azure_backup::BackupPolicy),
    AzureInstance(azure_backup::BackupInstance),
    ManagementPolicy(storage::ManagementPolicy),
    BlobService(blob::BlobService),
    Container(blob::Container),
    ImmutabilityPolicy(blob::ImmutabilityPolicy),
    Identity(access::Identity),
    FederatedCredential(access::FederatedCredential),
    RoleDefinition(access::RoleDefinition),
    RoleAssignment(access::RoleAssignment),
    ActionGroup(alerts::ActionGroup),
    ActivityLogAlert(alerts::ActivityLogAlert),
    ProcessingRule(alerts::ProcessingRule),
    MetricAlert(metric::MetricAlert),
}

impl Body {
    /// Whether something of its stack is named, whose ids only the stack knows.
    pub fn refers(&self) -> bool {
        fn any(value: &Value) -> bool {
            match value {
                Value::Object(members) => {
                    members.contains_key("Ref")
                        || members.contains_key("Fn::GetAtt")
                        || members.values().any(any)
                }
                Value::Array(items) => items.iter().any(any),
                _ => false,
            }
        }
        any(&self.tree())
    }
}

fn tree(body: &impl serde::Serialize) -> Value {
    // Structs of texts, numbers, lists and maps with text keys always serialise.
    serde_json::to_value(body).unwrap_or_default()
}
