package postgres

import (
	"archive/tar"
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/xi2/xz"
)

const maxExtractedBytes = 1 << 30

// extractArchive writes the files of a release archive (a zip that holds one
// .txz) below dir. Nothing is written outside of dir, whatever names and links
// the archive has.
func extractArchive(archive, dir string) error {
	jar, err := zip.OpenReader(archive)
	if err != nil {
		return fmt.Errorf("open the archive: %w", err)
	}
	defer jar.Close()
	for _, entry := range jar.File {
		if !strings.HasSuffix(entry.Name, ".txz") {
			continue
		}
		packed, err := entry.Open()
		if err != nil {
			return fmt.Errorf("open %s in the archive: %w", entry.Name, err)
		}
		defer packed.Close()
		unpacked, err := xz.NewReader(packed, xz.DefaultDictMax)
		if err != nil {
			return fmt.Errorf("read %s: %w", entry.Name, err)
		}
		return extractTar(unpacked, dir)
	}
	return errors.New("the archive holds no .txz file")
}

func extractTar(in io.Reader, dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	defer root.Close()
	entries := tar.NewReader(in)
	var total int64
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
		if total += header.Size; total > maxExtractedBytes {
			return fmt.Errorf("the archive's files are larger than %d MiB", maxExtractedBytes>>20)
		}
		if err := extractEntry(root, header, entries); err != nil {
			return fmt.Errorf("extract %s: %w", header.Name, err)
		}
	}
}

// extractEntry opens what it makes to every user, whatever the umask says: the
// server may run as another one.
func extractEntry(root *os.Root, header *tar.Header, content io.Reader) error {
	name := filepath.Clean(filepath.FromSlash(header.Name))
	if !filepath.IsLocal(name) {
		return errors.New("it would lie outside of the archive")
	}
	switch header.Typeflag {
	case tar.TypeDir:
		return makeDirIn(root, name)
	case tar.TypeReg:
		if err := makeDirIn(root, filepath.Dir(name)); err != nil {
			return err
		}
		mode := header.FileInfo().Mode().Perm()&0o755 | 0o444
		file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode)
		if err != nil {
			return err
		}
		_, err = io.Copy(file, content)
		return errors.Join(err, file.Chmod(mode), file.Close())
	case tar.TypeSymlink:
		if target := filepath.Join(filepath.Dir(name), header.Linkname); filepath.IsAbs(header.Linkname) || !filepath.IsLocal(target) {
			return fmt.Errorf("links to %s outside of the archive", header.Linkname)
		}
		if err := makeDirIn(root, filepath.Dir(name)); err != nil {
			return err
		}
		return root.Symlink(header.Linkname, name)
	}
	return fmt.Errorf("is of an unexpected kind (%q)", header.Typeflag)
}

func makeDirIn(root *os.Root, name string) error {
	if name == "." {
		return nil
	}
	if err := makeDirIn(root, filepath.Dir(name)); err != nil {
		return err
	}
	if err := root.Mkdir(name, 0o755); errors.Is(err, os.ErrExist) {
		return nil
	} else if err != nil {
		return err
	}
	return root.Chmod(name, 0o755)
}
