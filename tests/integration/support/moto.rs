//! A local AWS, one for each test that asks: moto's server on a port of its own.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use super::{Output, tools, wait_for};

/// The account that moto answers for.
const ACCOUNT: &str = "123456789012";

pub struct Moto {
    server: Child,
    endpoint: String,
}

impl Moto {
    /// Starts it; a port that someone took in between is a reason to try another.
    pub fn start() -> Moto {
        (0..5)
            .find_map(|_| Moto::try_start())
            .expect("moto_server starts")
    }

    fn try_start() -> Option<Moto> {
        let port = TcpListener::bind(("127.0.0.1", 0))
            .and_then(|listener| listener.local_addr())
            .expect("127.0.0.1 has a free port")
            .port();
        let server = Command::new(tools().join("venv/bin/python"))
            .arg(tools().join("venv/bin/moto_server"))
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server can be run");
        let mut moto = Moto {
            server,
            endpoint: format!("http://127.0.0.1:{port}"),
        };
        let up = wait_for("moto_server", || match moto.server.try_wait() {
            Ok(None) => TcpStream::connect(("127.0.0.1", port)).ok().map(|_| true),
            _ => Some(false),
        });
        up.then_some(moto)
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
