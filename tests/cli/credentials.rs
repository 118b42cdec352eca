//! Credentials as OCI users have them, with the real program, against a served simulator that checks signatures: which
//! of flag, environment, train file and profile counts. That no key or pass phrase shows in what is printed and written is
//! seen to by the workspace, for every run.

use std::fs;
use std::process::{Command, Output};

use patchtrain::cli::exit;
use patchtrain::op::Api;

use crate::support::Served;
use crate::support::Workspace;

const PASS_PHRASE: &str = "correct-horse-battery";

/// A workspace with a train on a served simulator, and its configuration in `oci/`.
pub(super) struct Site {
    api: Api,
    pub(super) workspace: Workspace,
    pub(super) served: Served,
}

impl Site {
    pub(super) fn new() -> Self {
        Self::on(Api::Osms)
    }

    pub(super) fn on(api: Api) -> Self {
        let workspace = Workspace::empty();
        let served = Served::start(&workspace, &["--config", "oci", "--api", api.word()]);
        let site = Self { api, workspace, served };
        site.train(&format!("endpoints = {{ {} = \"{}\" }}", api.word(), site.served.fact("endpoint")));
        site
    }

    /// Writes the train, with more in its `[service]`.
    pub(super) fn train(&self, service: &str) {
        let member = self.served.fact("group.backend").split_whitespace().next().unwrap();
        let train = format!(
            "[train]\nname = \"t\"\nos = \"oracle-linux-8\"\narchitecture = \"x86_64\"\ncompartment = \"{}\"\n\
             vendor_sources = [\"ol8_baseos_latest-x86_64\"]\n[service]\napi = \"{}\"\n{service}\n\
             [[release]]\nname = \"GL1\"\nmanifest = \"t/GL1.packages\"\n\
             [[group]]\nname = \"one\"\nrelease = \"GL1\"\nmembers = [\"{member}\"]\n",
            self.served.fact("compartment"),
            self.api.word(),
        );
        self.workspace.write("trains/t.toml", &train);
        self.workspace.write("trains/t/GL1.packages", "bash-4.4.20-1.el8.x86_64\n");
    }

    fn config(&self) -> String {
        fs::read_to_string(self.workspace.path().join("oci/config")).unwrap()
    }

    /// Returns a value of the written configuration.
    pub(super) fn value(&self, key: &str) -> String {
        let config = self.config();
        let value = config.lines().find_map(|line| line.strip_prefix(&format!("{key}=")));
        value.unwrap().to_owned()
    }

    fn key(&self) -> String {
        fs::read_to_string(self.workspace.path().join("oci/key.pem")).unwrap()
    }

    pub(super) fn status(&self, flags: &[&str], variables: &[(&str, &str)]) -> Output {
        let mut command = self.workspace.command(&[&["status"], flags].concat());
        Workspace::output(command.envs(variables.iter().copied()))
    }

    /// Runs `status` and expects the service's answer. Returns what was said, for those who have more to look for.
    #[track_caller]
    pub(super) fn signs(&self, flags: &[&str], variables: &[(&str, &str)]) -> Output {
        let output = self.status(flags, variables);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(i32::from(exit::DONE)), "{stderr}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("one"), "{stderr}");
        output
    }

    /// Runs `status` and expects to be told. Returns what was said.
    #[track_caller]
    pub(super) fn refuses(&self, flags: &[&str], variables: &[(&str, &str)], expected: &str) -> Output {
        let output = self.status(flags, variables);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(i32::from(exit::ERROR)), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
        output
    }
}

#[test]
fn what_comes_first_wins_value_by_value() {
    Api::ALL.into_iter().for_each(what_comes_first_wins_on);
}

fn what_comes_first_wins_on(api: Api) {
    let site = Site::on(api);
    let config = site.workspace.path().join("oci/config").display().to_string();
    let file = ("OCI_CLI_CONFIG_FILE", config.as_str());
    site.signs(&[], &[("OCI_CONFIG_FILE", &config)]);
    // The file of Oracle's command line goes before that of its SDKs.
    site.signs(&[], &[file, ("OCI_CONFIG_FILE", "/nowhere")]);

    // A profile that inherits all but its user, who is not known: the flag goes before the variable.
    let text = format!("{}[other]\nuser=ocid1.user.oc1..other\n[same]\n", site.config());
    fs::write(&config, text).unwrap();
    let other = ("OCI_CLI_PROFILE", "other");
    site.refuses(&[], &[file, other], "compare user, fingerprint");
    site.signs(&["--profile", "same"], &[file, other]);
    site.refuses(
        &["--profile", "none"],
        &[file, other],
        "has no profile `none`; it has `DEFAULT`, `other`, `same`",
    );
    let user = site.value("user");
    site.signs(&[], &[file, other, ("OCI_CLI_USER", &user)]);
    site.refuses(&[], &[file, ("OCI_CLI_USER", "me")], "OCI_CLI_USER: `user` is `me`: expected an OCID");

    // The endpoint of the environment goes before the train's, and so does its way to sign.
    let url = site.served.fact("endpoint").to_owned();
    site.train("region = \"eu-frankfurt-1\"\nauth = \"resource_principal\"\nprofile = \"other\"");
    let here = ("OCI_CLI_ENDPOINT", url.as_str());
    site.refuses(&[], &[file, here], "OCI_RESOURCE_PRINCIPAL_VERSION: not set");
    site.signs(&["--profile", "DEFAULT"], &[file, here, ("OCI_CLI_AUTH", "api_key")]);
    site.refuses(
        &[],
        &[file, here, ("OCI_CLI_AUTH", "x")],
        "OCI_CLI_AUTH: `x` is not supported: expected api_key,",
    );
    let expected = format!(
        "OCI_CLI_ENDPOINT: `here` is not a URL: expected as in `https://{}.eu-frankfurt-1.oci.oraclecloud.com`",
        api.word()
    );
    site.refuses(&[], &[file, ("OCI_CLI_ENDPOINT", "here")], &expected);

    // Whoever writes a password into a URL does not find it in the error.
    let named = "http://me:hunter2@127.0.0.1:1";
    let expected = "a URL with a user or a password in it is not taken";
    site.refuses(&[], &[file, ("OCI_CLI_ENDPOINT", named)], expected);
}

#[test]
fn the_environment_alone_will_do() {
    let site = Site::new();
    let [user, tenancy, fingerprint] = ["user", "tenancy", "fingerprint"].map(|key| site.value(key));
    let key = site.key();
    let variables = [
        ("OCI_CLI_USER", user.as_str()),
        ("OCI_CLI_TENANCY", &tenancy),
        ("OCI_CLI_FINGERPRINT", &fingerprint),
        ("OCI_CLI_KEY_CONTENT", &key),
    ];
    site.signs(&[], &variables);
    site.refuses(&[], &variables[..3], "has no `key_file`: copy it from the console");
    site.refuses(&["--profile", "x"], &variables, "there is no OCI configuration file at");
}

#[test]
fn encrypted_keys_open_with_the_pass_phrase_of_the_profile_or_of_the_environment() {
    let site = Site::new();
    let folder = site.workspace.path().join("oci");
    let encrypted = Command::new("openssl")
        .args([
            "pkcs8",
            "-topk8",
            "-v2",
            "aes-256-cbc",
            "-in",
            "key.pem",
            "-out",
            "encrypted.pem",
            "-passout",
        ])
        .arg(format!("pass:{PASS_PHRASE}"))
        .current_dir(&folder)
        .output();
    if encrypted.is_err() {
        println!("openssl is not here; nothing to test");
        return;
    }
    let config = folder.join("config").display().to_string();
    let text = site.config().replace("key.pem", "encrypted.pem");
    fs::write(&config, format!("{text}[open]\npass_phrase={PASS_PHRASE}\n[wrong]\npass_phrase=hunter2\n"))
        .unwrap();
    let file = ("OCI_CLI_CONFIG_FILE", config.as_str());
    site.signs(&["--profile", "open"], &[file]);
    site.signs(&["--profile", "wrong"], &[file, ("OCI_CLI_PASSPHRASE", PASS_PHRASE)]);
    site.refuses(
        &["--profile", "wrong"],
        &[file],
        "does not open with its pass phrase: correct `pass_phrase` in",
    );
    site.refuses(&[], &[file], "there is no pass phrase for it: add `pass_phrase` to profile `DEFAULT`");
}

#[test]
fn tokens_that_are_of_no_use_are_told_before_anything_is_asked() {
    let site = Site::new();
    let folder = site.workspace.path().join("oci");
    let config = folder.join("config").display().to_string();
    fs::write(&config, format!("{}[work]\nsecurity_token_file={}/token\n", site.config(), folder.display()))
        .unwrap();
    // Of 1970: `{"exp":1000}`.
    fs::write(folder.join("token"), "e30.eyJleHAiOjEwMDB9.hunter2").unwrap();
    let file = ("OCI_CLI_CONFIG_FILE", config.as_str());
    let expired = "expired at 1970-01-01T00:16:40Z: run `oci session refresh --profile work`";
    site.refuses(&["--profile", "work"], &[file], expired);
    site.refuses(&["--profile", "work"], &[file, ("OCI_CLI_AUTH", "security_token")], expired);
    site.signs(&["--profile", "work"], &[file, ("OCI_CLI_AUTH", "api_key")]);
    // The simulator is no metadata service.
    let metadata = format!("{}/opc/v2", site.served.fact("endpoint"));
    site.refuses(
        &[],
        &[("OCI_CLI_AUTH", "instance_principal"), ("OCI_METADATA_BASE_URL", &metadata)],
        "/opc/v2/identity/cert.pem",
    );
}
