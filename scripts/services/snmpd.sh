# net-snmp's snmpd with v1, v2c and v3; users and their protocols below, passphrases authpass1
# and privpass1; `narrow` sees the interfaces alone.
ADDRESS=$NET.1.1
PORT=1161

up() {
    cat >"$DIR/snmpd.conf" <<X
agentaddress udp:$ADDRESS:$PORT
sysName agent.test
sysDescr Net-SNMP agent of the tests
sysLocation Rack 1
sysObjectID 1.3.6.1.4.1.8072.3.2.10
rocommunity public
createUser noauth
createUser authonly SHA-256 "authpass1"
createUser md5des MD5 "authpass1" DES "privpass1"
createUser shaaes SHA "authpass1" AES "privpass1"
createUser sha256aes SHA-256 "authpass1" AES "privpass1"
createUser sha512aes256 SHA-512 "authpass1" AES-256 "privpass1"
createUser narrow SHA-256 "authpass1" AES "privpass1"
rocommunity narrow default 1.3.6.1.2.1.2
rouser narrow authPriv 1.3.6.1.2.1.2
rouser noauth noauth
rouser authonly authNoPriv
rouser md5des authPriv
rouser shaaes authPriv
rouser sha256aes authPriv
rouser sha512aes256 authPriv
X
    SNMP_PERSISTENT_DIR=$DIR/var keep snmpd snmpd -f -Lo -C -c "$DIR/snmpd.conf" -I -smux
    answers 20 snmpd snmpget -v2c -c public -t .2 -r 0 $ADDRESS:$PORT 1.3.6.1.2.1.1.3.0 || return 1
}

where() { echo "$ADDRESS:$PORT"; }
