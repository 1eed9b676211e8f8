#!/bin/sh
# Makes the certificates with which the nodes authenticate each other:
# certificates.sh FOLDER peer|server NAME ADDRESS…
# Creates the site's CA in FOLDER unless it exists (ca.pem, ca.key), and a certificate of the node NAME for these
# addresses. Run it once for each node, and again a month before the certificate expires (after DAYS, default 825).
#   peer    e1 e2 e3, d1 d2 d3: NAME.pem and NAME.key; copy them to the node as node.pem and node.key, beside ca.pem.
#           For d1 d2 d3 give the node's own address, the edges' and the site's: clients reach PostgreSQL by all of them.
#   server  s1 s2: NAME.pem with its key; copy it to the node as node.pem. It can't be used as a client certificate.
# Edges and j1 get only ca.pem. Don't store FOLDER on the nodes: with ca.key or a peer's key one can write to etcd,
# which decides which node is the primary.
set -eu
umask 077
folder=$1 kind=$2 name=$3
shift 3
days=${DAYS:-825}
mkdir -p "$folder"
case $kind in
peer) purposes=serverAuth,clientAuth ;; # etcd and Patroni nodes are servers and clients of their peers
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

made() { # arguments: SUBJECT EXTENSIONS DAYS KEY CERTIFICATE, then openssl's options for the signer
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
