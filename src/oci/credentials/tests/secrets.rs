//! Nothing that is printed shows a secret: every value and error of this module, with known secrets in it.

use std::fmt::Debug;

use super::keys::{LEGACY, PASS_PHRASE, PBES2};
use super::tokens::token;
use super::*;

/// Text, line by line of the keys: whole keys would hide in a wrapped message.
fn secrets() -> Vec<String> {
    let lines = [PKCS1, PBES2, LEGACY].into_iter().flat_map(str::lines);
    let key_lines = lines.filter(|line| line.len() == 64).map(str::to_owned);
    let words = [PASS_PHRASE, "hunter2", "s3cr3t"].map(str::to_owned);
    key_lines.chain(words).chain([token("secret", 1000), "eyJ".to_owned()]).collect()
}

#[derive(Default)]
struct Said(Vec<String>);

impl Said {
    fn debug(&mut self, value: &impl Debug) {
        self.0.push(format!("{value:?} {value:#?}"));
    }

    /// Notes a result as it is shown; also what it is made of.
    fn result<T: Debug>(&mut self, result: &Result<T, CredentialsError>) {
        self.debug(result);
        if let Err(error) = result {
            self.0.push(error.to_string());
        }
    }
}

#[tokio::test]
async fn no_message_and_no_debug_output_shows_a_secret() {
    let mut said = Said::default();
    let now = Timestamp::from_second(500).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let home = folder.path().to_str().unwrap();
    let token = token("secret", 1000);
    let old = super::tokens::token("secret", 100);
    let keys = [PKCS1, PBES2, LEGACY, "hunter2", "-----BEGIN s3cr3t-----", &PBES2[..700], &token];
    let phrases = ["", "pass_phrase=hunter2\n", "pass_phrase=correct horse\n"];
    for key in keys {
        for phrase in phrases {
            for token in [token.as_str(), old.as_str(), "s3cr3t", "s3cr3t.s3cr3t.s3cr3t"] {
                write("key.pem", key);
                write("token", token);
                let text = config(&format!("{phrase}security_token_file=~/token\n"));
                let profile = at_home(&profile(&text, "DEFAULT").unwrap(), home);
                said.debug(&profile);
                said.result(&Credentials::api_key(&profile));
                let session = Credentials::session_token(&profile);
                said.result(&session);
                let session = session.unwrap();
                said.result(&session.current(now).await);
                said.debug(&session);
                let principal = ResourcePrincipal {
                    version: Some("2.2".to_owned()),
                    token: Some(Secret::new(token)),
                    key: Some(Secret::new(key)),
                    pass_phrase: Some(Secret::new(phrase.trim().trim_start_matches("pass_phrase="))),
                };
                said.debug(&principal);
                let principal = Credentials::resource_principal(&principal).unwrap();
                said.result(&principal.current(now).await);
                said.debug(&principal);
            }
            let mut of_environment = profile(&config(phrase), "DEFAULT").unwrap();
            of_environment.set("key_content", "OCI_CLI_KEY_CONTENT", &Secret::new(key));
            of_environment.set("pass_phrase", "OCI_CLI_PASSPHRASE", &Secret::new("hunter2"));
            said.result(&Credentials::api_key(&of_environment));
        }
    }
    for text in [
        "s3cr3t\n",
        "[a]\ns3cr3t\n",
        "[a]\npass_phrase=s3cr3t\npass_phrase=hunter2\n",
        "[a]\nkey_content=s3cr3t\n",
    ] {
        let parsed = profile(text, "a");
        said.result(&parsed);
        if let Ok(profile) = parsed {
            said.result(&Credentials::api_key(&profile));
        }
    }
    // What it would look like if it did: the scan finds what it is looking for.
    assert!(said.0.len() > 300);
    let secrets = secrets();
    assert!(secrets.iter().any(|secret| format!("the token {token} is wrong").contains(secret)));
    for text in &said.0 {
        let shown = secrets.iter().find(|secret| text.contains(*secret));
        assert_eq!(shown, None, "{text}");
    }
}
