// Package s3 is an emulation of Amazon S3 for one machine: put, get, head, delete
// and list, with path-style addresses. Its buckets keep no versions: each object has
// the one that S3 calls null. Everything else (copies, multipart uploads, permissions,
// tags and the other sub-resources) is refused with NotImplemented. Signatures are not verified.
//
// An object is one file: a line of JSON with what S3 knows of it, and then its
// bytes. It is written and flushed under another name and renamed into place, so
// that an object whose put was answered with 200 survives kill -9, and a reader
// sees the old object or the new one. What a kill leaves half-written is removed
// when the folder is opened.
//
// Every checksum that a client sends is verified, in a header or after an
// aws-chunked body, and given back with the object to those who ask.
package s3
