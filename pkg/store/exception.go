package store

import (
	"errors"
	"slices"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// Codes of ClickHouse's exceptions.
const (
	codeTableExists     = 57
	codeUnknownTable    = 60
	codeUnknownDatabase = 81
	codeReplicaExists   = 253
)

// isException tells whether err is an exception of the server with one of the
// codes.
func isException(err error, codes ...int32) bool {
	var e *clickhouse.Exception
	return errors.As(err, &e) && slices.Contains(codes, e.Code)
}

// dataFaults are the codes that blame the data sent, whoever sends them again:
// all others may pass, such as no memory, too many parts, read-only, a table
// that a migration has yet to make.
func dataFaults() []int32 {
	return []int32{
		6,   // CANNOT_PARSE_TEXT
		26,  // CANNOT_PARSE_QUOTED_STRING
		27,  // CANNOT_PARSE_INPUT_ASSERTION_FAILED
		32,  // ATTEMPT_TO_READ_AFTER_EOF
		33,  // CANNOT_READ_ALL_DATA
		38,  // CANNOT_PARSE_DATE
		41,  // CANNOT_PARSE_DATETIME
		53,  // TYPE_MISMATCH
		69,  // ARGUMENT_OUT_OF_BOUND
		70,  // CANNOT_CONVERT_TYPE
		72,  // CANNOT_PARSE_NUMBER
		117, // INCORRECT_DATA
		131, // TOO_LARGE_STRING_SIZE
		190, // SIZES_OF_ARRAYS_DONT_MATCH
		321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
		349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
		407, // DECIMAL_OVERFLOW
		469, // VIOLATED_CONSTRAINT
		675, // CANNOT_PARSE_IPV4
		676, // CANNOT_PARSE_IPV6
	}
}

// isDataFault tells whether an insert failed because of what was sent.
func isDataFault(err error) bool { return isException(err, dataFaults()...) }
