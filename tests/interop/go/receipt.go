package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// What the log keeps of a record: the digest of what was signed, the signature and the key. Rebuilt here from the files
// that openssl has just verified, so that the entry proved to be in the log is about them and nothing else.
const entry = `{"apiVersion":"0.0.2","kind":"hashedrekord","spec":{"hashedRekordV002":{` +
	`"data":{"algorithm":"SHA2_256","digest":"%s"},` +
	`"signature":{"content":"%s","verifier":{"keyDetails":"PKIX_ECDSA_P256_SHA_256","publicKey":{"rawBytes":"%s"}}}}}}`

type trusted struct {
	Origin  string
	LogKeys []struct {
		Vkey          string
		RetiredAtSize *int64 `json:"retired_at_size"`
	} `json:"log_vkeys"`
	RecordKeys []struct {
		SPKI          string `json:"spki_b64"`
		RetiredAtSize *int64 `json:"retired_at_size"`
	} `json:"record_keys"`
}

// What a Sigstore bundle says of the place in the log; how large the log is, only the signed checkpoint says.
type bundle struct {
	Material struct {
		Entries []struct {
			Proof struct {
				Index      int64 `json:"logIndex,string"`
				Hashes     []tlog.Hash
				Checkpoint struct{ Envelope string }
			} `json:"inclusionProof"`
		} `json:"tlogEntries"`
	} `json:"verificationMaterial"`
}

// receipt checks that what SIGNATURE by KEY signs is in the log, and that TRUST lists both keys for that place.
func receipt(trustFile, receiptFile, signedFile, signatureFile, keyFile string) (string, error) {
	files := [][]byte{}
	for _, name := range []string{trustFile, receiptFile, signedFile, signatureFile, keyFile} {
		data, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		files = append(files, data)
	}
	trust, read := trusted{}, bundle{}
	if err := json.Unmarshal(files[0], &trust); err != nil {
		return "", err
	}
	if err := json.Unmarshal(files[1], &read); err != nil {
		return "", err
	}
	if len(read.Material.Entries) != 1 {
		return "", fmt.Errorf("the receipt is pending: the log has not taken the record in yet")
	}
	proof := read.Material.Entries[0].Proof
	tree, err := trust.open([]byte(proof.Checkpoint.Envelope))
	if err != nil {
		return "", err
	}
	if err := trust.listsRecordKey(files[4], proof.Index); err != nil {
		return "", err
	}
	digest := sha256.Sum256(files[2])
	leaf := []byte(fmt.Sprintf(entry, encode(digest[:]), encode(files[3]), encode(files[4])))
	if err := tlog.CheckRecord(proof.Hashes, tree.N, tree.Hash, proof.Index, tlog.RecordHash(leaf)); err != nil {
		return "", err
	}
	return fmt.Sprintf("entry %d of %d in the log %s", proof.Index, tree.N, trust.Origin), nil
}

// open returns the tree of a checkpoint signed by a key that counts for its size.
func (t trusted) open(signedNote []byte) (tlog.Tree, error) {
	vkeys := []string{}
	for _, key := range t.LogKeys {
		vkeys = append(vkeys, key.Vkey)
	}
	tree, signers, err := openCheckpoint(signedNote, vkeys...)
	if err != nil {
		return tlog.Tree{}, err
	}
	for _, key := range t.LogKeys {
		parts := strings.SplitN(key.Vkey, "+", 3) // name, hash and the key in base64, which may hold a "+" itself
		counts := key.RetiredAtSize == nil || tree.N <= *key.RetiredAtSize
		if counts && parts[0] == t.Origin && signers[parts[0]+"+"+parts[1]] {
			return tree, nil
		}
	}
	return tlog.Tree{}, fmt.Errorf("no key that counts for %d entries signed the checkpoint", tree.N)
}

func (t trusted) listsRecordKey(spki []byte, index int64) error {
	for _, key := range t.RecordKeys {
		if key.SPKI == encode(spki) && (key.RetiredAtSize == nil || index < *key.RetiredAtSize) {
			return nil
		}
	}
	return fmt.Errorf("the trust file lists no such record key for entry %d", index)
}

func encode(data []byte) string {
	return base64.StdEncoding.EncodeToString(data)
}
