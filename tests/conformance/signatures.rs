//! Our signer, for `shared/signing.py`: it signs what stands in a file, and writes what it has signed to another.
//! Whether that is right is said there, by Oracle's own signer. No part of the product.

use std::fs;

use bytes::Bytes;
use http::Request;
use patchtrain::oci::sign::{sign, signing_string};
use patchtrain::oci::{SigningKey, encode};
use serde_json::{Value, json};

#[test]
#[ignore = "tests/conformance/shared/signing.py runs it, with requests of its own"]
fn signs_what_it_is_given() {
    let input = fs::read(std::env::var("PATCHTRAIN_SIGN").expect("PATCHTRAIN_SIGN names a file")).unwrap();
    let input: Value = serde_json::from_slice(&input).unwrap();
    let pem = fs::read(input["key_file"].as_str().unwrap()).unwrap();
    let key = SigningKey::from_pem(input["key_id"].as_str().unwrap(), &pem, None).unwrap();
    let signed: Vec<Value> =
        input["requests"].as_array().unwrap().iter().map(|asked| signed(asked, &key)).collect();
    let output = std::env::var("PATCHTRAIN_SIGNED").expect("PATCHTRAIN_SIGNED names a file");
    fs::write(output, serde_json::to_vec(&signed).unwrap()).unwrap();
}

/// Escapes, makes and signs one request: its address and headers, and the text that was signed.
fn signed(asked: &Value, key: &SigningKey) -> Value {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut url = text(&asked["origin"]);
    for segment in asked["path"].as_array().unwrap() {
        url.push('/');
        url.push_str(&encode(&text(segment)));
    }
    for (index, pair) in asked["query"].as_array().unwrap().iter().enumerate() {
        url.push(if index == 0 { '?' } else { '&' });
        url.push_str(&encode(&text(&pair[0])));
        url.push('=');
        url.push_str(&encode(&text(&pair[1])));
    }
    let request = Request::builder().method(text(&asked["method"]).as_str()).uri(&url);
    let mut request = request.body(Bytes::from(text(&asked["body"]))).unwrap();
    sign(&mut request, key, text(&asked["at"]).parse().unwrap()).unwrap();
    let headers: Vec<(&str, &str)> =
        request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let authorization = request.headers()["authorization"].to_str().unwrap();
    let names = authorization.split_once("headers=\"").unwrap().1.split('"').next().unwrap();
    let names: Vec<&str> = names.split(' ').collect();
    let target = request.uri().path_and_query().unwrap().as_str();
    let text = signing_string(request.method(), target, request.headers(), &names);
    json!({ "url": url, "headers": headers, "text": text })
}
