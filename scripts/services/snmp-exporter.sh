# Prometheus' snmp_exporter with the objects that Vigie polls of a port (Debian ships it without any module).
ADDRESS=$NET.4.1
PORT=9116

up() {
    keep snmp-exporter prometheus-snmp-exporter --config.file="$ROOT/bench/snmp_exporter.yml" --web.listen-address=$ADDRESS:$PORT
    answers 20 snmp_exporter curl --silent --fail "http://$ADDRESS:$PORT/metrics" || return 1
}

where() { echo "http://$ADDRESS:$PORT"; }
