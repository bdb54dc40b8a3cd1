"""Signs a user's id for Crease, on your server. Python 3.6 or later, nothing to install."""

import base64
import hashlib
import hmac
import json
import os
import sys


def fan_token(secret: str, user_id: str, now: int) -> str:
    """A JWT that says who is signed in, for an hour. `now` is in seconds since 1970."""

    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    header = {"alg": "HS256", "typ": "JWT"}
    claims = {"sub": user_id, "aud": "crease", "iat": now, "exp": now + 3600}
    signed = part(json.dumps(header).encode()) + "." + part(json.dumps(claims).encode())
    return signed + "." + part(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())


def fan_signature(secret: str, user_id: str, now: int) -> tuple:
    """The same without a JWT: send user id, `expires` and `signature`."""
    expires = now + 3600
    text = f"crease.fan.v1\n{user_id}\n{expires}"
    return expires, hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


if __name__ == "__main__":
    # The signing secret is in the environment, where other users of the machine do not see it.
    secret = os.environ["CREASE_FAN_SECRET"]
    user_id, now = sys.argv[1], int(sys.argv[2])
    print(fan_token(secret, user_id, now))
    print(*fan_signature(secret, user_id, now))
