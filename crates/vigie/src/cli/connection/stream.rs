//! Server-sent events (WHATWG HTML, section 9.2), resumed where they broke off.

use std::time::Duration;

use vigie_foundation::http::Response;

use super::client::Client;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;

/// Pauses between two tries to come back.
const PAUSES: [u64; 5] = [1, 2, 5, 10, 20];
/// A message that is longer is not one of ours.
const LARGEST: usize = 4 << 20;

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// What it is; `message` when it does not say.
    pub event: String,
    /// Its content.
    pub data: String,
    /// Its place, for resuming.
    pub id: Option<String>,
}

/// A stream that comes back after a lost connection.
#[derive(Debug)]
pub struct Stream<'a> {
    client: &'a Client,
    path: &'a str,
    query: Vec<(String, String)>,
    last: Option<String>,
    open: Option<Response>,
    parser: Parser,
}

impl<'a> Stream<'a> {
    /// Opens it; what is refused at the beginning is refused for good.
    pub async fn open(client: &'a Client, path: &'a str, query: Vec<(String, String)>) -> Result<Self, Failure> {
        let mut stream = Self { client, path, query, last: None, open: None, parser: Parser::default() };
        stream.connect().await?;
        Ok(stream)
    }

    async fn connect(&mut self) -> Result<(), Failure> {
        self.parser = Parser::default();
        self.open = Some(self.client.stream(self.path, &self.query, "text/event-stream", self.last.as_deref()).await?);
        Ok(())
    }

    /// The next message. Fails when the server refuses, or does not come back.
    pub async fn next(&mut self) -> Result<Message, Failure> {
        loop {
            if let Some(message) = self.parser.next() {
                if message.id.is_some() {
                    self.last.clone_from(&message.id);
                }
                return Ok(message);
            }
            let chunk = match &mut self.open {
                Some(response) => response.chunk().await.ok().flatten(),
                None => None,
            };
            match chunk {
                Some(chunk) => self.parser.feed(&chunk)?,
                None => self.come_back().await?,
            }
        }
    }

    async fn come_back(&mut self) -> Result<(), Failure> {
        self.open = None;
        let mut pauses = PAUSES.iter();
        loop {
            match self.connect().await {
                Ok(()) => return Ok(()),
                Err(failure) if failure.exit != Exit::Unreachable => return Err(failure),
                Err(failure) => {
                    let Some(seconds) = pauses.next() else { return Err(failure) };
                    eprintln!("the stream broke off; trying again in {seconds} s");
                    tokio::time::sleep(Duration::from_secs(*seconds)).await;
                }
            }
        }
    }
}

/// Lines to messages.
#[derive(Debug, Default)]
struct Parser {
    rest: Vec<u8>,
    message: Message,
    ready: std::collections::VecDeque<Message>,
}

impl Parser {
    fn feed(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            self.line(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']));
        }
        if self.rest.len() + self.message.data.len() > LARGEST {
            return Err(Failure::new(Exit::Failed, "the stream holds something that is not an event of Vigie"));
        }
        Ok(())
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            let mut message = std::mem::take(&mut self.message);
            if message.data.is_empty() {
                return;
            }
            message.data.pop();
            if message.event.is_empty() {
                "message".clone_into(&mut message.event);
            }
            return self.ready.push_back(message);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.message.event),
            "data" => {
                self.message.data.push_str(value);
                self.message.data.push('\n');
            }
            "id" if !value.contains('\0') => self.message.id = Some(value.to_owned()),
            // comments keep the connection alive; `retry` is ours to choose
            _ => {}
        }
    }

    fn next(&mut self) -> Option<Message> {
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_whole_however_they_are_cut() {
        let text = ": hello\n\nid: 7\nevent: gap\ndata: {\"a\":\ndata: 1}\n\ndata: x\r\n\r\n";
        for size in [1, 3, text.len()] {
            let mut parser = Parser::default();
            for chunk in text.as_bytes().chunks(size) {
                parser.feed(chunk).unwrap();
            }
            let first = Message { event: "gap".to_owned(), data: "{\"a\":\n1}".to_owned(), id: Some("7".to_owned()) };
            assert_eq!(parser.next(), Some(first), "{size}");
            assert_eq!(parser.next(), Some(Message { event: "message".to_owned(), data: "x".to_owned(), id: None }));
            assert_eq!(parser.next(), None);
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut parser = Parser::default();
        assert!(parser.feed(&vec![b'x'; LARGEST + 1]).is_err());
    }
}
