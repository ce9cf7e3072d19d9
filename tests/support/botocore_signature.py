"""The signature that botocore makes for a request a receiver was sent, at the same second: what ours must be."""

import botocore.auth
import botocore.awsrequest
import botocore.credentials


def signed_headers(got):
    return got.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")


def botocores_signature(url, got, service, region, access_key, secret, token=None):
    """`got`: what the ScriptedReceiver at `url` received."""
    headers = {name: got.headers[name] for name in signed_headers(got) if name != "host"}
    request = botocore.awsrequest.AWSRequest(got.method, url + got.path, data=got.body, headers=headers)
    request.context["timestamp"] = got.headers["X-Amz-Date"]
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(access_key, secret, token), service, region)
    return signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
