// Package s3 is an emulation of Amazon S3 for one machine, built on gofakes3.
//
// gofakes3 speaks the protocol; the storage is this package's own, because a
// PutObject answered with 200 has to survive kill -9. Of the disk backends that
// come with gofakes3, s3afero truncates and rewrites an object in place, so a
// kill in the middle leaves half an object that is then served as whole, and
// s3bolt keeps each object as one value of a bbolt file, which reads all of it
// for a HEAD; both carry metadata of the overwritten object over to the new one.
//
// Here each object's bytes are a file of their own, written and flushed under a
// new name, and a bbolt index then points the key at it in one
// transaction, in which the condition of a conditional put is checked too. A
// reader sees the old object or the new one. Files that no key points at, left
// by a kill between the two steps, are removed when the storage is opened.
//
// At the edge the package adds what the SDK of today expects: aws-chunked bodies
// with trailing checksums, the verification of every checksum sent, and
// checksums in answers only where S3 sends them. Versioning, permissions, tags
// and other sub-resources are refused with NotImplemented. Parts of a multipart
// upload are held in memory until it is completed. Signatures are not verified.
package s3
