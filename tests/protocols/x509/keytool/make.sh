#!/bin/sh
# Writes in a folder the PKCS#12 files of Java that the tests read: make.sh FOLDER   (needs keytool, of any JRE).
# Throw-away test keys: nobody trusts them and their password is written here.
set -eu
cd "$1"
PASSWORD='ecluse-jeton'
name() { echo "CN=$1, OU=1000000000, O=ECLUSE-TEST, ST=Paris (75), C=FR"; }
store() { # store FILE OPTIONS…: two keys of their own, and one authority that signs the first
    file=$1; shift
    rm -f "$file" ca.p12 request.pem ca.pem leaf.pem
    keytool "$@" -genkeypair -alias ca -keyalg RSA -keysize 2048 -validity 3650 -dname "$(name 'TEST Autorité Java')" \
        -ext bc:critical=ca:true -keystore ca.p12 -storetype PKCS12 -storepass "$PASSWORD"
    keytool "$@" -exportcert -rfc -alias ca -keystore ca.p12 -storepass "$PASSWORD" -file ca.pem
    keytool "$@" -genkeypair -alias une -keyalg RSA -keysize 2048 -validity 3650 -dname "$(name 'Une clé')" \
        -keystore "$file" -storetype PKCS12 -storepass "$PASSWORD"
    keytool "$@" -certreq -alias une -keystore "$file" -storepass "$PASSWORD" -file request.pem
    keytool "$@" -gencert -rfc -alias ca -validity 3650 -keystore ca.p12 -storepass "$PASSWORD" -infile request.pem \
        -outfile leaf.pem
    keytool "$@" -importcert -noprompt -alias ca -keystore "$file" -storepass "$PASSWORD" -file ca.pem
    keytool "$@" -importcert -noprompt -alias une -keystore "$file" -storepass "$PASSWORD" -file leaf.pem
    keytool "$@" -genkeypair -alias autre -keyalg RSA -keysize 2048 -validity 3650 -dname "$(name 'Autre clé')" \
        -keystore "$file" -storepass "$PASSWORD"
    rm -f ca.p12 request.pem ca.pem leaf.pem
}
store modern.p12
store legacy.p12 -J-Dkeystore.pkcs12.legacy
