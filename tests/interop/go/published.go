package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// published checks a log laid out as https://c2sp.org/tlog-tiles says: that the tiles lead to the signed root, that every
// entry is the one its tile names, and that the tree of each older checkpoint is the beginning of this one.
func published(vkey, folder string, oldNotes []string) (string, error) {
	tree, err := checkpoint(filepath.Join(folder, "checkpoint"), vkey)
	if err != nil {
		return "", err
	}
	// Reads tiles on demand and accepts none that does not lead to the signed root.
	reader := tlog.TileHashReader(tree, tiles(folder))
	if err := entriesMatch(folder, tree.N, reader); err != nil {
		return "", err
	}
	for _, file := range oldNotes {
		old, err := checkpoint(file, vkey)
		if err != nil {
			return "", err
		}
		if old.N > tree.N {
			return "", fmt.Errorf("the log shrank from %d to %d entries", old.N, tree.N)
		}
		hash, err := tlog.TreeHash(old.N, reader)
		if err != nil {
			return "", err
		}
		if hash != old.Hash {
			return "", fmt.Errorf("the first %d entries are not those that were signed", old.N)
		}
	}
	return fmt.Sprintf("%d entries, %d older checkpoints", tree.N, len(oldNotes)), nil
}

func entriesMatch(folder string, size int64, reader tlog.HashReader) error {
	for first := int64(0); first < size; first += 1 << height {
		tile := tlog.Tile{H: height, L: -1, N: first >> height, W: width(size - first)}
		bundle, err := os.ReadFile(filepath.Join(folder, path(tile)))
		if err != nil {
			return err
		}
		indexes, leaves := []int64{}, []tlog.Hash{}
		for at := 0; len(bundle) >= 2; at++ {
			length := 2 + int(binary.BigEndian.Uint16(bundle))
			if length > len(bundle) {
				return fmt.Errorf("%s ends within an entry", path(tile))
			}
			indexes = append(indexes, tlog.StoredHashIndex(0, first+int64(at)))
			leaves = append(leaves, tlog.RecordHash(bundle[2:length]))
			bundle = bundle[length:]
		}
		if len(leaves) != tile.W || len(bundle) != 0 {
			return fmt.Errorf("%s does not hold %d entries", path(tile), tile.W)
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			return err
		}
		for at := range hashes {
			if hashes[at] != leaves[at] {
				return fmt.Errorf("entry %d is not the one in the tree", first+int64(at))
			}
		}
	}
	return nil
}

func width(left int64) int {
	if left < 1<<height {
		return int(left)
	}
	return 1 << height
}

// path is Go's own path of a tile without the height, which C2SP fixes.
func path(tile tlog.Tile) string {
	prefix := fmt.Sprintf("tile/%d/", height)
	return strings.Replace("tile/"+strings.TrimPrefix(tile.Path(), prefix), "tile/data/", "tile/entries/", 1)
}

type tiles string

func (folder tiles) Height() int { return height }

func (folder tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	found := [][]byte{}
	for _, tile := range wanted {
		data, err := os.ReadFile(filepath.Join(string(folder), path(tile)))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func (folder tiles) SaveTiles([]tlog.Tile, [][]byte) {}
