"""What may stand in a guarded statement. Everything that is not on these lists is refused, known to sqlglot or not."""

from __future__ import annotations

from sqlglot import exp

# Limits. Honest questions written by models and people stay far below them: the longest of guard_honest.yaml
# has 48 words. The worst statements found within the limits took 0.6 s on two busy cores, a usual one 6 ms.
MAX_SQL_CHARS = 10_000
MAX_TOKENS = 2_000
MAX_NESTING = 20  # brackets and CASE inside one another; Python's stack gives out at about 40
MAX_TREE_DEPTH = 200  # of the parsed tree: chains of operators and unions are deep too
MAX_STARS = 50  # SELECT *: each is written out, column by column
MAX_STRING_CHARS = 1_000
MAX_NUMBER_CHARS = 40
MAX_TYPE_PARAMETER = 4_000  # CAST(x AS CHAR(n)) pads to n

# Clauses and what may hang on them: an argument that is not listed must be empty (INTO, locks, samples, pivots…).
CLAUSES: dict[type[exp.Expr], frozenset[str]] = {
    exp.Select: frozenset(
        "with_ distinct expressions from_ joins where group having qualify windows order limit offset".split()
    ),
    exp.SetOperation: frozenset("with_ this expression distinct by_name order limit offset".split()),
    exp.Subquery: frozenset(["this", "alias", "order", "limit", "offset"]),
    exp.With: frozenset(["expressions"]),
    exp.CTE: frozenset(["this", "alias"]),
    exp.Table: frozenset(["this", "db", "alias"]),
    exp.TableAlias: frozenset(["this", "columns"]),
    exp.Join: frozenset(["this", "on", "using", "side", "kind"]),
    exp.From: frozenset(["this"]),
    exp.Where: frozenset(["this"]),
    exp.Group: frozenset(["expressions", "rollup", "grouping_sets", "all"]),
    exp.Having: frozenset(["this"]),
    exp.Qualify: frozenset(["this"]),
    exp.Order: frozenset(["expressions", "this"]),
    exp.Ordered: frozenset(["this", "desc", "nulls_first"]),
    exp.Limit: frozenset(["expression"]),
    exp.Fetch: frozenset(["direction", "count", "limit_options"]),
    exp.Offset: frozenset(["expression"]),
    exp.Star: frozenset(["except_"]),
    exp.Column: frozenset(["this", "table"]),
    exp.Identifier: frozenset(["this", "quoted"]),
    exp.Window: frozenset(["this", "partition_by", "order", "spec", "alias", "over"]),
    exp.Cast: frozenset(["this", "to", "safe"]),
    exp.TryCast: frozenset(["this", "to", "safe", "requires_string"]),
    exp.Anonymous: frozenset(["this", "expressions"]),
    exp.In: frozenset(["this", "expressions", "query"]),  # `x IN name` reads a whole table
    exp.DataType: frozenset(["this", "expressions"]),
}

JOIN_KINDS = frozenset(["", "INNER", "OUTER", "CROSS", "SEMI", "ANTI"])
JOIN_SIDES = frozenset(["", "LEFT", "RIGHT", "FULL"])

_SYNTAX = """
    Alias And Or Not Paren EQ NEQ GT GTE LT LTE Is In Between Like ILike Escape Exists Any Add Sub Mul Div IntDiv
    Mod Neg Pow DPipe NullSafeEQ NullSafeNEQ Literal Boolean Null Tuple Case If Interval IntervalSpan Var DataType
    DataTypeParam Distinct Filter WithinGroup WindowSpec Rollup GroupingSets Union Except Intersect LimitOptions
    IgnoreNulls
""".split()

# Functions that every dialect may use, by sqlglot's names: aggregates, windows, text, numbers, dates.
_FUNCTIONS = """
    Count Sum Avg Min Max Stddev StddevPop StddevSamp Variance VariancePop Corr CovarPop CovarSamp RegrSlope Median
    Mode PercentileCont PercentileDisc Quantile ArgMax ArgMin AnyValue First Last LogicalAnd LogicalOr GroupConcat
    ApproxDistinct CountIf Grouping Skewness RowNumber Rank DenseRank Ntile PercentRank CumeDist Lag Lead FirstValue
    LastValue NthValue TimestampTrunc DateTrunc Extract Year Month Day Hour Minute Quarter Week WeekOfYear DayOfWeek
    DayOfWeekIso DayOfYear Dayname Monthname TimeToStr StrToTime StrToDate DateDiff DateAdd DateSub DateFromParts
    LastDay TimeToUnix Date TsOrDsToTimestamp TsOrDsToDate Lower Upper Initcap Trim Length Substring Left Right
    Concat ConcatWs Replace Contains StartsWith StrPosition SplitPart Abs Round Floor Ceil Trunc Sign Sqrt Exp Ln
    Log Greatest Least Coalesce Nullif IsNan
""".split()

_ONLY: dict[str, list[str]] = {
    "duckdb": ["RegexpLike", "RegexpExtract", "RegexpReplace"],  # RE2: linear time; PostgreSQL's engine can run away
    "postgres": [],
    "sqlite": ["Glob"],
}

# Functions that sqlglot has no type for, by the name that the statement uses.
ANONYMOUS: dict[str, frozenset[str]] = {
    "duckdb": frozenset("date_part date_sub age yearweek weekday histogram to_date".split()),
    "postgres": frozenset("age make_date every".split()),
    "sqlite": frozenset("total date datetime time julianday unixepoch".split()),
}


def _classes(names: list[str]) -> frozenset[type[exp.Expr]]:
    return frozenset(getattr(exp, name) for name in names if hasattr(exp, name))


_COMMON = frozenset(CLAUSES) | _classes([*_SYNTAX, *_FUNCTIONS])
NODES: dict[str, frozenset[type[exp.Expr]]] = {
    dialect: (_COMMON | _classes(only)) - {exp.SetOperation} for dialect, only in _ONLY.items()
}

# The second lock looks at the finished text: these are the only names that an opening bracket may follow.
_NAMES = """
    abs age any_value approx_count_distinct arg_max arg_min avg bool_and bool_or cast ceil coalesce concat concat_ws
    contains corr count count_if covar_pop covar_samp cume_dist date date_diff date_part date_sub date_trunc
    datetime dayname dayofmonth day dayofweek dayofyear dense_rank div epoch every exp extract first first_value
    floor greatest group_concat grouping histogram hour if iif initcap instr isnan isodow julianday lag last
    last_day last_value lead least left length listagg ln log lower ltrim make_date max median min minute mode month
    monthname nth_value ntile nullif percent_rank percentile_cont percentile_disc position power quantile
    quantile_cont quantile_disc quarter rank regexp_extract regexp_matches regexp_replace regr_slope replace right
    round row_number rtrim sign skewness split_part sqrt starts_with stddev stddev_pop stddev_samp strftime
    string_agg strpos strptime substr substring sum time to_char to_date to_timestamp total trim trunc try_cast
    unixepoch upper var_pop var_samp variance week weekday weekofyear year yearweek
""".split()
_WORDS = """
    all and any as between by case distinct else end except exists filter from having in intersect interval is join like
    ilike limit not offset on or order over qualify rollup select sets then union using when where within group
    char varchar decimal numeric text real
""".split()
BEFORE_BRACKET = frozenset(_NAMES) | frozenset(_WORDS)

TYPES = frozenset(
    """
    BOOLEAN TINYINT SMALLINT INT BIGINT INT128 UINT UBIGINT FLOAT DOUBLE DECIMAL CHAR VARCHAR NCHAR NVARCHAR TEXT
    DATE TIME TIMESTAMP TIMESTAMPTZ TIMESTAMPNTZ DATETIME INTERVAL
""".split()
)

# Date parts, singular; a final S is allowed too.
UNITS = frozenset(
    """YEAR QUARTER MONTH WEEK DAY HOUR MINUTE SECOND DOW ISODOW DOY DAYOFWEEK DAYOFWEEKISO DAYOFYEAR ISOYEAR EPOCH
    DECADE CENTURY WEEKISO""".split()
)
