package eventfile

import (
	"fmt"
	"io"
	"math/big"

	"github.com/parquet-go/parquet-go"

	"github.com/fluxa/fluxa/pkg/contract"
	"github.com/fluxa/fluxa/pkg/event"
	"github.com/fluxa/fluxa/pkg/export"
)

const (
	// rowGroupBytes bounds the payloads of one row group, unless one is larger alone: a
	// group is in memory until it is written.
	rowGroupBytes = 8 << 20
	pageBytes     = 1 << 20
)

// parquetRow is a row with the amount as a number too, for sums: amount_decimal pads to
// four decimals what amount has as it was sent. 19 digits do not fit into 64 bits; nine
// bytes are the least that hold them.
type parquetRow struct {
	row
	AmountDecimal [9]byte `parquet:"amount_decimal,decimal(4:19)"`
}

// parquetFile is a file of row groups.
type parquetFile struct {
	rows    *parquet.GenericWriter[parquetRow]
	one     []parquetRow
	pending int
}

func beginParquet(out io.Writer) (export.File, error) {
	return &parquetFile{
		rows: parquet.NewGenericWriter[parquetRow](out,
			// It takes little time and memory, of which the function has little.
			parquet.Compression(&parquet.Snappy),
			parquet.PageBufferSize(pageBytes),
			// What every reader has known since the first version of the format.
			parquet.DefaultEncoding(&parquet.Plain),
			// The bounds of a page of payloads help no query, and are four times as large as
			// it where it has one payload. Those of a row group find a row; a page has none.
			parquet.SkipPageBounds("payload"), parquet.SkipPageBounds("payload_sha256"), parquet.DataPageStatistics(false),
		),
		one: make([]parquetRow, 1),
	}, nil
}

// Add writes an event. A row group that has no room for it is written first.
func (f *parquetFile) Add(e event.Stored) error {
	amount, err := decimal(e.Amount)
	if err != nil {
		return fmt.Errorf("write the amount of event %s: %w", e.ID, err)
	}
	if f.pending > 0 && f.pending+len(e.Payload) > rowGroupBytes {
		f.pending = 0
		if err := f.rows.Flush(); err != nil {
			return err
		}
	}
	f.pending += len(e.Payload)
	f.one[0] = parquetRow{rowOf(e), amount}
	_, err = f.rows.Write(f.one)
	f.one[0] = parquetRow{}
	return err
}

// Finish writes what is left and the footer. The file is whole only then.
func (f *parquetFile) Finish() error { return f.rows.Close() }

// decimal returns an amount as a big-endian number of ten-thousandths.
func decimal(a event.Amount) (out [9]byte, err error) {
	value, ok := new(big.Rat).SetString(a.String())
	if !ok {
		return out, fmt.Errorf("%q is not an amount", a)
	}
	value.Mul(value, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(contract.AmountDecimals), nil)))
	if !value.IsInt() || value.Sign() < 0 || value.Num().BitLen() > 8*len(out)-1 {
		return out, fmt.Errorf("%q does not fit into a decimal of %d integer digits and %d decimals", a, contract.AmountIntegerDigits, contract.AmountDecimals)
	}
	value.Num().FillBytes(out[:])
	return out, nil
}
