//! What the drills on RDS have in common: RDS is moto with the real AWS CLI, the rows are in a real server, and a
//! psql in front of the real one leads the names of instances to that server.

use std::process::Command;
use std::sync::Arc;

use serde_json::Value;

use crate::support::{Aws, Postgres, Script};

pub struct Drill {
    pub moto: Aws,
    pub postgres: Arc<Postgres>,
    pub script: Script,
    /// The one that the rows are in, for this test alone.
    pub database: String,
}

impl Drill {
    /// The instance `orders` of a policy's shop_orders, made as the control says, and the script of a task.
    pub fn new(policy: &str, task: &str, psql: &str, control: &Value, database: String) -> Drill {
        let moto = Aws::slow_moto();
        moto.control(control);
        let create = [
            ("Action", "CreateDBInstance"),
            ("DBInstanceIdentifier", "orders"),
            ("Engine", "postgres"),
            ("DBInstanceClass", "db.t4g.medium"),
            ("AllocatedStorage", "20"),
            ("VpcSecurityGroupIds.VpcSecurityGroupId.1", "sg-own"),
        ];
        moto.query("rds", "eu-west-1", &create);
        let postgres = Postgres::shared();
        postgres.create(&database);
        Drill {
            moto,
            postgres,
            script: Script::of(policy, &format!("scripts/shop_orders-{task}.sh"))
                .beside(policy, "scripts/shop_orders-recover.sh")
                .program("psql", psql),
            database,
        }
    }

    /// The script, run for a login.
    pub fn command(&self, user: &str, arguments: &[&str]) -> Command {
        let mut command = self.script.command(arguments);
        self.moto
            .reach(&mut command)
            .env("REAL_PSQL", self.postgres.bin.join("psql"))
            .env("REAL_HOST", &self.postgres.host)
            .env("REAL_PORT", &self.postgres.port)
            .env("REAL_USER", &self.postgres.user)
            .env("PGUSER", user)
            .env("BACKSTAY_DUMP_DIR", self.script.folder())
            .env("BACKSTAY_POLL_SECONDS", "0")
            .env("BACKSTAY_WAIT_MINUTES", "1");
        command
    }

    /// How many instances there are.
    pub fn instances(&self) -> usize {
        let action = [("Action", "DescribeDBInstances")];
        let answer = self.moto.query("rds", "eu-west-1", &action);
        answer.matches("<DBInstanceIdentifier>").count()
    }
}
