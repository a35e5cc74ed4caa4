//! Databases as clouds tell them, without a cloud.

use std::collections::BTreeMap;

use backstay::cloud::Owned;
use backstay::cloud::aws::backup::{BackupPlan, Lifecycle, Rule, Rules};
use backstay::cloud::aws::rds::DbInstance;
use backstay::cloud::aws::{Tags, Value};
use backstay::cloud::azure::postgres;
use backstay::observe::inventory::{
    Contents, Database, Holder, Inventory, KeyOwner, Listing, Live, Place, write,
};
use backstay::plan::{Address, Scope};

pub const ACCOUNT: &str = "123456789012";
pub const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

/// An instance as RDS has it when somebody took care of it.
pub fn instance(region: &str, name: &str) -> Database {
    let body = DbInstance {
        identifier: name.to_owned(),
        class: Some("db.t4g.medium".to_owned()),
        engine: Some("postgres".to_owned()),
        engine_version: Some("16.4".to_owned()),
        allocated_storage: Some("100".to_owned()),
        storage_type: Some("gp3".to_owned()),
        master_username: Some("very-secret-login".to_owned()),
        manage_master_user_password: Some(true),
        source: None,
        availability_zone: Some(format!("{region}a")),
        backup_retention_period: Some(14),
        preferred_backup_window: "03:00-04:00".parse().ok(),
        preferred_maintenance_window: "sun:04:30-sun:05:30".parse().ok(),
        copy_tags_to_snapshot: Some(true),
        deletion_protection: Some(true),
        multi_az: Some(false),
        storage_encrypted: Some(true),
        kms_key_id: Some(Value::Text(format!(
            "arn:aws:kms:{region}:{ACCOUNT}:key/11111111-1111-1111-1111-111111111111"
        ))),
        log_exports: Some(Default::default()),
        replication_region: None,
        replication_retention: None,
        tags: Some(Tags(BTreeMap::new())),
    };
    Database {
        address: Address {
            scope: Scope::Aws {
                account: ACCOUNT.to_owned(),
                region: region.to_owned(),
            },
            kind: DbInstance::TYPE.to_owned(),
            name: name.to_owned(),
        },
        live: Live::Instance(Box::new(body)),
        cluster: None,
        key: Some(KeyOwner::Provider),
        held_by: Vec::new(),
        withheld: Vec::new(),
    }
}

/// A server as Azure has it.
pub fn server(group: &str, name: &str) -> Database {
    let body = postgres::FlexibleServer {
        name: name.to_owned(),
        location: Some("eastus".to_owned()),
        sku: None,
        identity: None,
        tags: Some(BTreeMap::new()),
        properties: postgres::Properties {
            version: Some("16".to_owned()),
            administrator_login: Some("very-secret-login".to_owned()),
            storage: Some(postgres::Storage {
                kind: Some("Premium_LRS".to_owned()),
                iops: None,
                throughput: None,
                size_gib: 128,
                auto_grow: Some("Enabled".to_owned()),
            }),
            data_encryption: None,
            backup: postgres::Backup {
                backup_retention_days: Some(14),
                geo_redundant_backup: Some("Disabled".to_owned()),
            },
            high_availability: Some(postgres::HighAvailability {
                mode: "Disabled".to_owned(),
            }),
            maintenance_window: Some(postgres::MaintenanceWindow::system_managed()),
        },
    };
    Database {
        address: Address {
            scope: Scope::Azure {
                subscription: SUBSCRIPTION.to_owned(),
                resource_group: group.to_owned(),
            },
            kind: postgres::FlexibleServer::TYPE.to_owned(),
            name: name.to_owned(),
        },
        live: Live::Server(Box::new(body)),
        cluster: None,
        key: Some(KeyOwner::Provider),
        held_by: Vec::new(),
        withheld: Vec::new(),
    }
}

pub trait Change: Sized {
    fn change(self, change: impl FnOnce(&mut Self)) -> Self;
    fn rds(self, change: impl FnOnce(&mut DbInstance)) -> Self;
    fn azure(self, change: impl FnOnce(&mut postgres::FlexibleServer)) -> Self;
    fn tag(self, key: &str, value: &str) -> Self;
    fn plan(self, name: &str) -> Self;
}

impl Change for Database {
    fn change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn rds(mut self, change: impl FnOnce(&mut DbInstance)) -> Self {
        match &mut self.live {
            Live::Instance(body) => change(body),
            other => panic!("{other:?} is no instance"),
        }
        self
    }

    fn azure(mut self, change: impl FnOnce(&mut postgres::FlexibleServer)) -> Self {
        match &mut self.live {
            Live::Server(body) => change(body),
            other => panic!("{other:?} is no server"),
        }
        self
    }

    fn tag(mut self, key: &str, value: &str) -> Self {
        let tags = match &mut self.live {
            Live::Instance(body) => body.tags.as_mut().map(|tags| &mut tags.0),
            Live::Server(body) => body.tags.as_mut(),
            Live::Replica(body) => body.tags.as_mut(),
        };
        tags.unwrap().insert(key.to_owned(), value.to_owned());
        self
    }

    /// A plan of AWS Backup takes it in.
    fn plan(self, name: &str) -> Self {
        let name = name.to_owned();
        self.change(|it| it.held_by.push(Holder::Plan { name }))
    }
}

/// A plan of AWS Backup with one rule: its schedule, and the days that it keeps.
pub fn plan(name: &str, schedule: &str, days: u32) -> BackupPlan {
    BackupPlan {
        backup_plan: Rules {
            backup_plan_name: name.to_owned(),
            backup_plan_rule: vec![Rule {
                rule_name: "rule".to_owned(),
                target_backup_vault: "Default".to_owned(),
                schedule_expression: schedule.to_owned(),
                schedule_expression_timezone: "Etc/UTC".to_owned(),
                start_window_minutes: 480,
                completion_window_minutes: 10_080,
                enable_continuous_backup: false,
                lifecycle: Lifecycle {
                    delete_after_days: Some(days),
                },
                copy_actions: Vec::new(),
                recovery_point_tags: BTreeMap::new(),
            }],
        },
    }
}

/// What places have, each database in its own.
pub fn inventory(databases: Vec<Database>, plans: Vec<BackupPlan>) -> Inventory {
    let mut places: BTreeMap<Place, Contents> = BTreeMap::new();
    for database in databases {
        let place = Place::of(&database.address.scope);
        places.entry(place).or_default().databases.push(database);
    }
    let places = places.into_iter().map(|(place, mut contents)| {
        if let Place::Aws { .. } = place {
            contents.plans = plans.clone();
        }
        (place, Listing::Read(contents))
    });
    Inventory::new(places)
}

/// The same as a recorded file.
pub fn recorded(databases: Vec<Database>, plans: Vec<BackupPlan>) -> String {
    write(&inventory(databases, plans)).unwrap()
}
