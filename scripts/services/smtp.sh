# A mail server that keeps what it is sent: smtp.jsonl in its folder, a line a mail.
ADDRESS=${VIGIE_SMTP_ADDRESS:-$NET.3.1}
PORT=1025

up() {
    "$ROOT/scripts/python.sh" || return 1
    keep smtp "$TOOLS/python/bin/python" "$ROOT/scripts/services/smtp_sink.py" "$ADDRESS" $PORT "$DIR/smtp.jsonl"
    answers 20 "the mail server" grep -q '^ready' "$DIR/smtp.log" || return 1
}

where() { echo "$ADDRESS:$PORT"; }
