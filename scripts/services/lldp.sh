# A real network in namespaces: routers r1, r2, r3 in a triangle, each with snmpd and lldpd over AgentX, and nms, which
# reaches them at 198.51.100.1 to .3 (community public) from 198.51.100.254. Programs that ask run in nms.
ROUTERS="r1 r2 r3"
SPACES="$ROUTERS nms"

# cable SPACE PORT SPACE PORT
cable() {
    ip link add "$2" netns "$NS$1" type veth peer name "$4" netns "$NS$3"
    ip -n "$NS$1" link set "$2" up
    ip -n "$NS$3" link set "$4" up
}

spaces() {
    local space
    for space in $SPACES; do ip netns add "$NS$space" && ip -n "$NS$space" link set lo up || return 1; done
    cable r1 ge0-1 r2 ge0-1 && cable r2 ge0-2 r3 ge0-1 && cable r1 ge0-2 r3 ge0-2
    ip -n "${NS}nms" link add br0 type bridge
    ip -n "${NS}nms" link set br0 up
    ip -n "${NS}nms" addr add 198.51.100.254/24 dev br0
}

# LLDP frames do not cross the bridge: the management network adds no link.
manage() {
    local router=$1 number=${1#r}
    cable "$router" mgmt0 nms "p$number"
    ip -n "${NS}nms" link set "p$number" master br0
    ip -n "$NS$router" addr add "198.51.100.$number/24" dev mgmt0
    ip netns exec "$NS$router" sysctl -qw net.ipv4.ip_forward=1
}

agent() {
    local router=$1 address=198.51.100.${1#r}
    cat >"$DIR/$router.conf" <<X
agentaddress udp:$address:161
sysName $router
sysDescr Router $router of the tests
rocommunity public
master agentx
agentXSocket $DIR/$router.agentx
agentXPerms 0777 0777
X
    SNMP_PERSISTENT_DIR=$DIR/$router.var keep "$router.snmpd" \
        ip netns exec "$NS$router" snmpd -f -Lo -C -c "$DIR/$router.conf" -I -smux
    answers 10 "agentx of $router" test -S "$DIR/$router.agentx" || return 1
    printf 'configure system hostname %s\nconfigure lldp tx-interval 1\nconfigure lldp portidsubtype ifname\n' "$router" >"$DIR/$router.lldpd.conf"
    keep "$router.lldpd" ip netns exec "$NS$router" lldpd -d -u "$DIR/$router.lldp" -x -X "$DIR/$router.agentx" \
        -I 'ge*' -C 'ge*' -m "$address" -S "Router $router of the tests" -O "$DIR/$router.lldpd.conf"
}

# Two neighbours by SNMP: what a management system will see is there.
seen() {
    [ "$(ip netns exec "${NS}nms" snmpwalk -v2c -c public -t .3 -r 0 -Oqn "198.51.100.$1" 1.0.8802.1.1.2.1.4.1.1.9 | grep -c '"r')" = 2 ]
}

up() {
    [ "$(id -u)" = 0 ] || { say "error: namespaces need root"; return 1; }
    chmod 755 "$DIR"
    install -d -o _lldpd -g _lldpd /run/lldpd       # where lldpd confines itself
    spaces || return 1
    local router
    for router in $ROUTERS; do manage "$router" && agent "$router" || return 1; done
    for router in $ROUTERS; do answers 30 "lldp on $router" seen "${router#r}" || return 1; done
}

down() {
    local space pids
    for space in $SPACES; do
        [ -e "/run/netns/$NS$space" ] || continue
        pids=$(ip netns pids "$NS$space" || true)
        [ -z "$pids" ] || end $pids
        ip netns del "$NS$space"
    done
}

where() { echo "namespaces $NS{r1,r2,r3,nms}"; }
