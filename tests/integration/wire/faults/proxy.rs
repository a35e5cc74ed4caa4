//! A bad line to a cloud: it stands between the program and a server, and spoils some answers.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    None,
    /// The cloud answers with this status and code.
    Refusal(u16, &'static str),
    /// Nobody ever answers.
    Silence,
    /// The connection ends instead of an answer.
    Reset,
    /// It ends in the middle of the body.
    Half,
    /// Half the body, said to be all of it.
    Cut,
    /// A success without a body.
    Empty,
    /// An object without members.
    Bare,
    /// The page of somebody in between.
    Html,
}

/// A request, as a plan of faults knows it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// As it is signed; `arm` for Azure.
    pub service: String,
    pub account: String,
    pub region: String,
    /// Method, path, query and body: what is asked.
    pub what: String,
    /// How often just this was asked before.
    pub before: usize,
}

type Plan = dyn Fn(&Asked) -> Fault + Send + Sync;

struct Line {
    cloud: SocketAddr,
    plan: Box<Plan>,
    asked: Mutex<Vec<Asked>>,
    counts: Mutex<BTreeMap<String, usize>>,
    waiting: Mutex<Waiting>,
}

/// Requests without an answer yet, by account, and the most accounts that ever had some.
#[derive(Default)]
struct Waiting {
    requests: BTreeMap<String, usize>,
    most: usize,
}

impl Waiting {
    fn begin(&mut self, account: &str) {
        *self.requests.entry(account.to_owned()).or_default() += 1;
        self.most = self.most.max(self.requests.len());
    }

    fn end(&mut self, account: &str) {
        let left = self.requests.remove(account).unwrap_or_default();
        if left > 1 {
            self.requests.insert(account.to_owned(), left - 1);
        }
    }
}

/// Ends with the process: whoever still waits for an answer waits in a thread of its own.
pub struct Proxy {
    pub url: String,
    line: Arc<Line>,
}

impl Proxy {
    pub fn before(
        cloud: SocketAddr,
        plan: impl Fn(&Asked) -> Fault + Send + Sync + 'static,
    ) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let line = Arc::new(Line {
            cloud,
            plan: Box::new(plan),
            asked: Mutex::default(),
            counts: Mutex::default(),
            waiting: Mutex::default(),
        });
        let own = line.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let line = own.clone();
                // A client that goes away is its own business.
                std::thread::spawn(move || drop(line.serve(stream)));
            }
        });
        Proxy { url, line }
    }

    /// The most accounts that were asked at the same time.
    pub fn accounts_at_once(&self) -> usize {
        self.line.waiting.lock().unwrap().most
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.line.asked.lock().unwrap().clone()
    }
}

impl Line {
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let Some((head, body)) = message(&mut client)? else {
            return Ok(());
        };
        let asked = self.note(&head, &body);
        self.waiting.lock().unwrap().begin(&asked.account);
        let answered = self.tell(&mut client, &asked, (&head, &body));
        self.waiting.lock().unwrap().end(&asked.account);
        answered
    }

    fn tell(
        &self,
        client: &mut TcpStream,
        asked: &Asked,
        (head, body): (&str, &[u8]),
    ) -> io::Result<()> {
        let service = asked.service.as_str();
        match (self.plan)(asked) {
            Fault::Silence => {
                // Until the client has had enough.
                while client.read(&mut [0; 64])? > 0 {}
                Ok(())
            }
            Fault::Reset => Ok(()),
            Fault::Refusal(status, code) => {
                let (kind, body) = refusal(service, code);
                let error = format!("x-amzn-errortype: {code}\r\n{}", date(code));
                client.write_all(&answer(status, kind, &error, body.as_bytes()))
            }
            Fault::Empty => client.write_all(&answer(200, "text/plain", "", b"")),
            Fault::Bare => client.write_all(&answer(200, "application/json", "", b"{}")),
            Fault::Html => {
                let page = b"<!doctype html><html><body>Sign in</body></html>";
                client.write_all(&answer(200, "text/html", "", page))
            }
            fault @ (Fault::None | Fault::Half | Fault::Cut) => {
                let mut cloud = TcpStream::connect(self.cloud)?;
                cloud.write_all(closing(head).as_bytes())?;
                cloud.write_all(body)?;
                let mut whole = Vec::new();
                cloud.read_to_end(&mut whole)?;
                client.write_all(&spoiled(whole, fault))
            }
        }
    }

    fn note(&self, head: &str, body: &[u8]) -> Asked {
        let signed = field(head, "authorization").unwrap_or_default();
        let scope = signed.split_once("Credential=").unwrap_or_default().1;
        let scope: Vec<&str> = scope.split('/').collect();
        let first = head.lines().next().unwrap_or_default();
        let target = field(head, "x-amz-target").unwrap_or_default();
        let line = first.trim_end_matches(" HTTP/1.1");
        let what = format!("{line} {target} {}", String::from_utf8_lossy(body));
        let [account, region, service] = match scope[..] {
            [key, _, region, service, ..] => [key, region, service],
            _ => ["", "", "arm"],
        };
        let key = format!("{account} {region} {service} {what}");
        let mut counts = self.counts.lock().unwrap();
        let count = counts.entry(key).or_default();
        let asked = Asked {
            service: service.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            what,
            before: *count,
        };
        *count += 1;
        self.asked.lock().unwrap().push(asked.clone());
        asked
    }
}

/// Head and body of a request.
fn message(stream: &mut TcpStream) -> io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 16 << 10];
    loop {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end + 4]).into_owned();
            let length = field(&head, "content-length").map_or(0, |text| text.parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return Ok(Some((head, bytes[end + 4..].to_vec())));
            }
        }
        match stream.read(&mut chunk)? {
            0 => return Ok(None),
            count => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

fn field<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(own, _)| own.eq_ignore_ascii_case(name))?;
    Some(value.trim())
}

/// The head of a request after whose answer the connection ends.
fn closing(head: &str) -> String {
    let lines = head.trim_end().split("\r\n");
    let kept = lines.filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let kept: Vec<&str> = kept.chain(["connection: close\r\n\r\n"]).collect();
    kept.join("\r\n")
}

fn answer(status: u16, kind: &str, more: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status} Told\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n{more}\
         connection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A server whose clock is another says so.
fn date(code: &str) -> &'static str {
    match code {
        "RequestTimeTooSkewed" => "date: Fri, 01 Jan 2027 00:00:00 GMT\r\n",
        _ => "",
    }
}

/// What each service says in its own form.
fn refusal(service: &str, code: &str) -> (&'static str, String) {
    match service {
        "rds" | "sts" | "cloudformation" => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>said so</Message></Error></ErrorResponse>"
            ),
        ),
        "s3" => (
            "application/xml",
            format!("<Error><Code>{code}</Code><Message>said so</Message></Error>"),
        ),
        "arm" => (
            "application/json",
            format!(r#"{{"error":{{"code":"{code}","message":"said so"}}}}"#),
        ),
        _ => (
            "application/json",
            format!(r#"{{"__type":"{code}","message":"said so"}}"#),
        ),
    }
}

fn spoiled(mut whole: Vec<u8>, fault: Fault) -> Vec<u8> {
    let end = whole.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.expect("the cloud answers in HTTP") + 4;
    let half = (whole.len() - end) / 2;
    match fault {
        Fault::Half => whole.truncate(end + half),
        Fault::Cut => {
            let head = String::from_utf8_lossy(&whole[..end]).into_owned();
            let status = head
                .split(' ')
                .nth(1)
                .and_then(|status| status.parse().ok());
            let kind = field(&head, "content-type")
                .unwrap_or("text/plain")
                .to_owned();
            return answer(status.unwrap(), &kind, "", &whole[end..end + half]);
        }
        _ => {}
    }
    whole
}
