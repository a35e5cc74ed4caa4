//! Blob Storage on this machine: a server that no one here wrote (Azurite), by the names that accounts
//! have in Azure, for the real Azure CLI. Whoever is led here asks for
//! `https://ACCOUNT.blob.core.windows.net` through a proxy, with the tokens of a managed identity.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;

use super::{Output, path_variable, tools, wait_for};

const DOMAIN: &str = "blob.core.windows.net";
const TENANT: &str = "11111111-1111-1111-1111-111111111111";
/// What the server says before its port.
const LISTENS: &str = "successfully listens on https://127.0.0.1:";

pub struct BlobStorage {
    server: Child,
    account: String,
    /// The proxy, which is the identity's endpoint as well.
    gate: String,
    /// The certificate and what the CLI keeps.
    folder: tempfile::TempDir,
}

impl BlobStorage {
    /// One account that has these containers.
    pub fn of(account: &str, containers: &[&str]) -> BlobStorage {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let file = |name: &str| folder.path().join(name);
        let pair = rcgen::generate_simple_self_signed([format!("*.{DOMAIN}")]);
        let pair = pair.expect("a certificate can be made");
        fs::write(file("key.pem"), pair.signing_key.serialize_pem()).expect("it can be written");
        fs::write(file("cert.pem"), pair.cert.pem()).expect("it can be written");
        fs::create_dir(file("cli")).expect("a folder can be made");
        fs::write(file("cli/azureProfile.json"), profile()).expect("it can be written");

        let said = fs::File::create(file("said")).expect("it can be made");
        let server = Command::new("node")
            .arg(tools().join("node_modules/azurite/dist/src/blob/main.js"))
            .args([
                "--blobPort",
                "0",
                "--inMemoryPersistence",
                "--oauth",
                "basic",
            ])
            .args([
                "--disableTelemetry",
                "--skipApiVersionCheck",
                "--cert",
                "cert.pem",
                "--key",
                "key.pem",
            ])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", path_variable(&[]))
            .env("HOME", folder.path())
            .env("AZURITE_ACCOUNTS", format!("{account}:bm90IHVzZWQ="))
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("a file has another handle"))
            .stderr(said)
            .spawn()
            .expect("node starts");
        let mut storage = BlobStorage {
            server,
            account: account.to_owned(),
            gate: String::new(),
            folder,
        };
        let port = wait_for("Azurite", || {
            let said = fs::read_to_string(storage.folder.path().join("said")).unwrap_or_default();
            let ended = storage.server.try_wait().expect("a child can be asked");
            assert!(ended.is_none(), "{ended:?}: {said}");
            // The line may be half written.
            let (port, _) = said.split_once(LISTENS)?.1.split_once('\n')?;
            port.trim().parse().ok()
        });
        storage.gate = open_gate(format!("{account}.{DOMAIN}:443"), port);
        for container in containers {
            storage.create(container);
        }
        storage
    }

    pub fn create(&self, container: &str) {
        self.az(&["storage", "container", "create", "--name", container]);
    }

    /// What the Azure CLI prints for a command on the account that succeeds.
    #[track_caller]
    pub fn az(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("az");
        command
            .env_clear()
            .env("PATH", path_variable(&[]))
            .env("HOME", self.folder.path())
            .args(arguments)
            .args(["--account-name", &self.account, "--auth-mode", "login"]);
        Output::run(self.reach(&mut command)).expect_code(0).stdout
    }

    pub fn delete(&self, container: &str, name: &str) {
        self.az(&[
            "storage",
            "blob",
            "delete",
            "--container-name",
            container,
            "--name",
            name,
        ]);
    }

    /// The names of everything in a container.
    #[track_caller]
    pub fn names(&self, container: &str) -> Vec<String> {
        let names = self.az(&[
            "storage",
            "blob",
            "list",
            "--container-name",
            container,
            "--num-results",
            "*",
            "--query",
            "[].name",
        ]);
        serde_json::from_str(&names).expect("the CLI prints JSON")
    }

    #[track_caller]
    pub fn read(&self, container: &str, name: &str) -> Vec<u8> {
        let file = self.folder.path().join("read");
        let to = file.to_string_lossy();
        self.az(&[
            "storage",
            "blob",
            "download",
            "--container-name",
            container,
            "--name",
            name,
            "--file",
            &to,
        ]);
        fs::read(file).expect("it was downloaded")
    }

    /// Gives a command the real Azure CLI before anything else in its PATH, and the way to this server.
    pub fn reach<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let mut environment = command.get_envs();
        let path = environment.find_map(|(key, value)| value.filter(|_| key == "PATH"));
        let path = std::env::split_paths(path.expect("a command with a PATH"));
        let path = [tools().join("azure-cli/bin")].into_iter().chain(path);
        let path = std::env::join_paths(path).expect("no folder of PATH has a colon in its name");
        command.env("PATH", path).envs(self.environment())
    }

    /// The environment of somebody who has the identity.
    pub fn environment(&self) -> [(&'static str, String); 8] {
        let file = |name: &str| self.folder.path().join(name).display().to_string();
        [
            ("AZURE_CONFIG_DIR", file("cli")),
            ("AZURE_CORE_COLLECT_TELEMETRY", "false".to_owned()),
            ("HTTPS_PROXY", self.gate.clone()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
            ("REQUESTS_CA_BUNDLE", file("cert.pem")),
            ("SSL_CERT_FILE", file("cert.pem")),
            ("IDENTITY_ENDPOINT", format!("{}/token", self.gate)),
            ("IDENTITY_HEADER", "very-secret-header".to_owned()),
        ]
    }
}

impl Drop for BlobStorage {
    fn drop(&mut self) {
        // It may be gone already; either way nothing is left of it.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// What `az login --identity` leaves.
fn profile() -> String {
    let subscription = json!({
        "id": "00000000-0000-0000-0000-000000000001", "name": "test", "state": "Enabled", "isDefault": true,
        "tenantId": TENANT, "environmentName": "AzureCloud",
        "user": { "name": "systemAssignedIdentity", "type": "servicePrincipal", "assignedIdentityInfo": "MSI" },
    });
    json!({ "subscriptions": [subscription] }).to_string()
}

/// Starts the proxy to one host, which lies at a port here; its URL. It ends with the process.
fn open_gate(host: String, port: u16) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let host = host.clone();
            // Who is cut off says so better than the proxy could.
            thread::spawn(move || serve(client, &host, port));
        }
    });
    format!("http://{address}")
}

fn serve(mut client: TcpStream, host: &str, port: u16) -> io::Result<()> {
    let mut reader = BufReader::new(client.try_clone()?);
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let target = request.split(' ').nth(1).unwrap_or_default();
    if request.starts_with("CONNECT") && target == host {
        let mut server = TcpStream::connect(("127.0.0.1", port))?;
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        let (mut answers, mut back) = (server.try_clone()?, client.try_clone()?);
        let answering = thread::spawn(move || {
            io::copy(&mut answers, &mut back)?;
            back.shutdown(Shutdown::Write)
        });
        io::copy(&mut reader, &mut server)?;
        server.shutdown(Shutdown::Write)?;
        let _ = answering.join();
        return Ok(());
    }
    let answer = match target.strip_prefix("/token?") {
        Some(query) => {
            let token = token(query);
            let length = token.len();
            format!(
                "200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{token}"
            )
        }
        None => "403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_owned(),
    };
    write!(client, "HTTP/1.1 {answer}")
}

/// A token for what is asked for. Azurite looks at its claims, not at its signature.
fn token(query: &str) -> String {
    let resource = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("resource="));
    let resource = resource.unwrap_or_default();
    let resource = resource.replace("%3A", ":").replace("%2F", "/");
    let (now, hour) = (Timestamp::now().as_second(), 3600);
    let claims = json!({
        "aud": resource, "iss": format!("https://sts.windows.net/{TENANT}/"), "tid": TENANT,
        "nbf": now - hour, "iat": now - hour, "exp": now + hour,
    });
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "RS256", "typ": "JWT" });
    let token = format!("{}.{}.none", part(header), part(claims));
    json!({ "access_token": token, "expires_on": (now + hour).to_string(), "resource": resource, "token_type": "Bearer" })
        .to_string()
}
