//! A local AWS, one for each test that asks: a simulator that no one here wrote, on a port of its
//! own choice.

use std::fs;
use std::process::{Child, Command, Stdio};

use super::{Output, tools, wait_for};

/// What a simulator says before its address.
const RUNNING: &str = "Running on ";

pub struct Aws {
    server: Child,
    pub url: String,
    /// What it says goes there, and it may write there.
    _folder: tempfile::TempDir,
}

impl Aws {
    /// The account of plain credentials, in both simulators.
    pub const ACCOUNT: &str = "123456789012";

    /// RDS and STS with accounts, and CloudFormation that makes instances.
    #[cfg(feature = "clouds")]
    pub fn moto() -> Aws {
        let mut command = Command::new(tools().join("venv/bin/python"));
        command
            .arg(tools().join("venv/bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", "0"]);
        Aws::start(command.env_clear().env("MOTO_RDS_SNAPSHOT_LIMIT", "100000"))
    }

    /// S3 with everything that a bucket has, and CloudFormation that makes buckets and finds drift.
    pub fn ministack() -> Aws {
        let mut command = Command::new(tools().join("venv/bin/python"));
        command.args(["-m", "ministack"]).env_clear();
        Aws::start(command.envs([("BIND_HOST", "127.0.0.1"), ("GATEWAY_PORT", "0")]))
    }

    fn start(command: &mut Command) -> Aws {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let said = folder.path().join("said");
        let file = fs::File::create(&said).expect("a file can be made in a folder of our own");
        let server = command
            .env("HOME", folder.path())
            .env("TMPDIR", folder.path())
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file has another handle"))
            .stderr(file)
            .spawn()
            .expect("the simulator can be run");
        let mut aws = Aws {
            server,
            url: String::new(),
            _folder: folder,
        };
        aws.url = wait_for("the simulator of AWS", || {
            let said = fs::read_to_string(&said).unwrap_or_default();
            let ended = aws.server.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "{ended:?}: {said}");
            let (_, url) = said.split_once(RUNNING)?;
            // The line may be half written.
            let (url, _) = url.split_once(char::is_whitespace)?;
            Some(url.to_owned())
        });
        aws
    }

    /// The environment of somebody who has the account's credentials.
    pub fn environment(&self) -> [(&str, &str); 4] {
        [
            ("AWS_ENDPOINT_URL", &self.url),
            ("AWS_ACCESS_KEY_ID", Aws::ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "very-secret-key"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ]
    }

    /// Gives a command the way to this AWS and an identity in it.
    pub fn reach<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .envs(self.environment())
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_MAX_ATTEMPTS", "1")
    }

    /// What the AWS CLI prints for a command that succeeds.
    #[track_caller]
    pub fn aws(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(tools().join("venv/bin/python"));
        command.env_clear().arg(tools().join("venv/bin/aws"));
        let output = self
            .reach(&mut command)
            // Of itself it takes no other endpoint for RDS in us-east-1.
            .args(["--endpoint-url", &self.url])
            .args(arguments)
            .output()
            .expect("the AWS CLI starts");
        Output::of(output).expect_code(0).stdout
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        // It may be gone already; either way nothing is left of it.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
