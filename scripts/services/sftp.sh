# OpenSSH that serves SFTP alone, to whoever started it, by the key in `user_key`; its address stands in `url`, the fingerprint of its key in
# `fingerprint`, what it serves lies in `home`.
ADDRESS=${VIGIE_SFTP_ADDRESS:-$NET.6.1}
PORT=2222

up() {
    local sshd=/usr/sbin/sshd
    [ -x $sshd ] || { say "error: openssh-server is not installed"; return 1; }
    # where a connection that is not signed in yet is shut in; others than root start none
    [ "$(id -u)" != 0 ] || mkdir -p /run/sshd
    mkdir "$DIR/home"
    ssh-keygen -q -t ed25519 -N '' -C host -f "$DIR/host_key"
    ssh-keygen -q -t ed25519 -N '' -C user -f "$DIR/user_key"
    ssh-keygen -lf "$DIR/host_key.pub" | cut -d' ' -f2 >"$DIR/fingerprint"
    cat >"$DIR/sshd_config" <<END
ListenAddress $ADDRESS:$PORT
HostKey $DIR/host_key
AuthorizedKeysFile $DIR/user_key.pub
StrictModes no
UsePAM no
PidFile none
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
DisableForwarding yes
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d $DIR/home
END
    keep sftp $sshd -D -e -f "$DIR/sshd_config"
    answers 20 sshd ssh-keyscan -T 2 -p $PORT "$ADDRESS" || return 1
    echo "sftp://$(id -un)@$ADDRESS:$PORT" >"$DIR/url"
}

where() { cat "$DIR/url"; }
