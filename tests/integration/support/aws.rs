//! A local AWS, one for each test that asks: a simulator that no one here wrote, on a port of its
//! own choice.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Output, stand_ins, tools, wait_for};

/// What a simulator says before its address.
const RUNNING: &str = "Running on ";

/// Where a slow moto reads how it has to be.
const CONTROL: &str = "control";

pub struct Aws {
    server: Child,
    pub url: String,
    /// What it says goes there, and it may write there.
    folder: tempfile::TempDir,
}

impl Aws {
    /// The account of plain credentials, in both simulators.
    pub const ACCOUNT: &str = "123456789012";

    /// RDS and STS with accounts, and CloudFormation that makes instances.
    pub fn moto() -> Aws {
        Aws::moto_as(&tools().join("venv/bin/moto_server"))
    }

    /// The same, which can be told to take its time; see tests/stand-ins/moto.
    pub fn slow_moto() -> Aws {
        Aws::moto_as(&stand_ins().join("moto"))
    }

    fn moto_as(program: &Path) -> Aws {
        let mut command = Command::new(tools().join("venv/bin/python"));
        command.arg(program).args(["-H", "127.0.0.1", "-p", "0"]);
        Aws::start(command.env_clear().env("MOTO_RDS_SNAPSHOT_LIMIT", "100000"))
    }

    /// Tells one that was started slow how it has to be from now on.
    pub fn control(&self, how: &Value) {
        let file = |name: &str| self.folder.path().join(name);
        fs::write(file("new"), how.to_string()).expect("a file can be written");
        fs::rename(file("new"), file(CONTROL)).expect("a file can be renamed");
    }

    /// What one that was started slow was told to restore and promote.
    pub fn calls(&self) -> Vec<Value> {
        let calls = self.folder.path().join(format!("{CONTROL}.calls"));
        let calls = fs::read_to_string(calls).unwrap_or_default();
        let call = |line| serde_json::from_str(line).expect("a call is JSON");
        calls.lines().map(call).collect()
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
            .env("MOTO_CONTROL", folder.path().join(CONTROL))
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a file has another handle"))
            .stderr(file)
            .spawn()
            .expect("the simulator can be run");
        let mut aws = Aws {
            server,
            url: String::new(),
            folder,
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

    /// Sends one request in AWS's query form and returns the answer: what takes the AWS CLI a second
    /// takes this no time. moto looks at no signature.
    #[track_caller]
    pub fn query(&self, service: &str, region: &str, parameters: &[(&str, &str)]) -> String {
        let encode =
            |text: &str| -> String { text.bytes().map(|byte| format!("%{byte:02X}")).collect() };
        let form: Vec<_> = parameters
            .iter()
            .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
            .collect();
        let form = form.join("&");
        let address = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let account = Aws::ACCOUNT;
        let request = format!(
            "POST / HTTP/1.0\r\nHost: {address}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={account}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.write_all(request.as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an HTTP answer");
        assert!(head.contains(" 200 "), "{parameters:?}\n{answer}");
        body.to_owned()
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
