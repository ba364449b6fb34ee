// Check a log and its receipts the way the Go checksum database checks its own, with code that shares nothing with
// Clearcut: golang.org/x/mod/sumdb/note and golang.org/x/mod/sumdb/tlog.
//
//	receipt TRUST RECEIPT SIGNED SIGNATURE KEY   what SIGNATURE by KEY signs is in the log
//	inclusion VKEY NOTE INDEX LEAF HASHES        LEAF is the entry at INDEX
//	consistency VKEY OLDNOTE NOTE HASHES         the log of OLDNOTE is the beginning of that of NOTE
//	log VKEY FOLDER OLDNOTE...                   every entry of a published log, and that it only ever grew
//
// All but VKEY and INDEX are files. HASHES holds one base64 hash per line. Exit status 0: accepted, 1: rejected.
package main

import (
	"fmt"
	"os"
)

const usage = "expected: receipt TRUST RECEIPT SIGNED SIGNATURE KEY | inclusion VKEY NOTE INDEX LEAF HASHES | " +
	"consistency VKEY OLDNOTE NOTE HASHES | log VKEY FOLDER OLDNOTE..."

func main() {
	said, err := run(os.Args[1:])
	if err != nil {
		fmt.Println("rejected:", err)
		os.Exit(1)
	}
	fmt.Println("accepted:", said)
}

func run(args []string) (string, error) {
	switch {
	case len(args) == 6 && args[0] == "receipt":
		return receipt(args[1], args[2], args[3], args[4], args[5])
	case len(args) == 6 && args[0] == "inclusion":
		return inclusion(args[1], args[2], args[3], args[4], args[5])
	case len(args) == 5 && args[0] == "consistency":
		return consistency(args[1], args[2], args[3], args[4])
	case len(args) >= 3 && args[0] == "log":
		return published(args[1], args[2], args[3:])
	}
	return "", fmt.Errorf(usage)
}
