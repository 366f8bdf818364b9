"""Seals and opens WeCom envelopes with wechatpy. One JSON object a line, in and out.

Runs in the environment that `scripts/peers.sh` builds; started with the token, the EncodingAESKey
and the receive id as one JSON array.
"""

import json
import sys

from wechatpy.exceptions import WeChatException  # type: ignore[import-not-found]
from wechatpy.work import parse_message  # type: ignore[import-not-found]
from wechatpy.work.crypto import WeChatCrypto  # type: ignore[import-not-found]


def answer(crypto: WeChatCrypto, question: dict[str, str]) -> dict[str, object]:
    """What wechatpy makes of it; "body" is a whole POST body, in its XML envelope."""
    what, timestamp, nonce = question["do"], question["timestamp"], question["nonce"]
    if what == "seal":
        return {"body": crypto.encrypt_message(question["plain"], nonce, timestamp)}
    signed = (question["signature"], timestamp, nonce)
    if what == "check":
        return {"plain": crypto.check_signature(*signed, question["encrypt"])}
    plain = crypto.decrypt_message(question["body"], *signed)
    if what == "parse":
        message = parse_message(plain)
        return {"id": str(message.id), "source": message.source, "content": message.content}
    return {"plain": plain}


def main() -> None:
    """Answer until nobody asks any more."""
    crypto = WeChatCrypto(*json.loads(sys.argv[1]))
    for line in sys.stdin:
        try:
            result = answer(crypto, json.loads(line))
        except WeChatException as error:
            result = {"error": type(error).__name__}
        print(json.dumps(result, default=bytes.decode), flush=True)


if __name__ == "__main__":
    main()
