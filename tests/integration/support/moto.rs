//! A local AWS, one for each test that asks: moto's server on a port of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{Output, stand_ins, tools, wait_for};

/// The account that moto answers for.
const ACCOUNT: &str = "123456789012";

pub struct Moto {
    server: Child,
    endpoint: String,
    /// What it is told to be slow with; see tests/stand-ins/moto.
    control: tempfile::TempDir,
}

impl Moto {
    /// Starts it; a port that someone took in between is a reason to try another.
    pub fn start() -> Moto {
        Moto::start_as(&tools().join("venv/bin/moto_server"))
    }

    /// Starts one that can be told to take its time.
    pub fn start_slow() -> Moto {
        Moto::start_as(&stand_ins().join("moto"))
    }

    fn start_as(program: &Path) -> Moto {
        (0..5)
            .find_map(|_| Moto::try_start(program))
            .expect("moto_server starts")
    }

    fn try_start(program: &Path) -> Option<Moto> {
        let control = tempfile::tempdir().expect("a temporary folder can be made");
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("127.0.0.1 has a free port")
            .port();
        let server = Command::new(tools().join("venv/bin/python"))
            .arg(program)
            .env("MOTO_CONTROL", control.path().join("control"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server can be run");
        let mut moto = Moto {
            server,
            endpoint: format!("http://127.0.0.1:{port}"),
            control,
        };
        let up = wait_for("moto_server", || match moto.server.try_wait() {
            Ok(None) => TcpStream::connect(("127.0.0.1", port)).ok().map(|_| true),
            _ => Some(false),
        });
        up.then_some(moto)
    }

    /// Tells one that was started slow how it has to be from now on.
    pub fn control(&self, how: &Value) {
        let (path, new) = (
            self.control.path().join("control"),
            self.control.path().join("new"),
        );
        std::fs::write(&new, how.to_string()).expect("a file can be written");
        std::fs::rename(new, path).expect("a file can be renamed");
    }

    /// Gives a command the way to this AWS and an identity in it.
    pub fn reach<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.envs([
            ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", ACCOUNT),
            ("AWS_SECRET_ACCESS_KEY", "none"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_MAX_ATTEMPTS", "1"),
        ])
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
        let address = self.endpoint.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("moto listens");
        let request = format!(
            "POST / HTTP/1.0\r\nHost: {address}\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        );
        stream.write_all(request.as_bytes()).expect("moto listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("moto answers");
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
            .args(arguments)
            .output()
            .expect("the AWS CLI starts");
        Output::of(output).expect_code(0).stdout
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // It may be gone already; either way nothing is left of it.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
