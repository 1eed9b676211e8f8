#!/bin/sh
# The certificates by which the nodes know each other: certificates.sh FOLDER peer|server NAME ADDRESS…
# Makes the site's own authority in FOLDER where there is none (ca.pem, ca.key), and a certificate of the node NAME for
# these addresses. Run it once for each node, and again a month before it ends (DAYS, 825 unless set).
#   peer    e1 e2 e3, d1 d2 d3: NAME.pem and NAME.key, which go to the node as node.pem and node.key, beside ca.pem.
#           Of d1 d2 d3 the addresses are the node's own, the edges' and the site's, as PostgreSQL is reached by those too.
#   server  s1 s2: NAME.pem with its key, which goes to the node as node.pem. It serves, and is let in nowhere.
# Edges and j1 get ca.pem alone. Keep FOLDER off the nodes: whoever has ca.key, or a peer's key, may write to etcd, which
# says who is the primary.
set -eu
umask 077
folder=$1 kind=$2 name=$3
shift 3
days=${DAYS:-825}
mkdir -p "$folder"
case $kind in
peer) purposes=serverAuth,clientAuth ;; # etcd and Patroni are both to their peers
server) purposes=serverAuth ;;
*) echo "certificates.sh FOLDER peer|server NAME ADDRESS…" >&2 && exit 2 ;;
esac
config=$(mktemp)
trap 'rm -f "$config"' EXIT

alternatives="DNS:$name,DNS:localhost,IP:127.0.0.1"
for address in "$@"; do alternatives="$alternatives,IP:$address"; done
cat >"$config" <<END
[req]
distinguished_name = name
[name]
[authority]
basicConstraints = critical, CA:true, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[node]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = $purposes
subjectAltName = $alternatives
END

made() { # SUBJECT EXTENSIONS DAYS KEY CERTIFICATE, and how it is signed
    subject=$1 extensions=$2 lasts=$3 key=$4 certificate=$5
    shift 5
    openssl req -x509 -config "$config" -extensions "$extensions" -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -nodes -sha256 -subj "/CN=$subject" -days "$lasts" -keyout "$key" -out "$certificate" "$@" 2>/dev/null
}

[ -e "$folder/ca.key" ] || made "Mobile Shield site" authority 7300 "$folder/ca.key" "$folder/ca.pem"
made "$name" node "$days" "$folder/$name.key" "$folder/$name.pem" -CA "$folder/ca.pem" -CAkey "$folder/ca.key"
chmod 0644 "$folder/ca.pem"
if [ "$kind" = peer ]; then
    chmod 0644 "$folder/$name.pem"
else
    cat "$folder/$name.key" >>"$folder/$name.pem"
    rm "$folder/$name.key"
fi
