//! From order files to orders, and to what could not be read of them.

use oms_core::channel::csv::{Headers, RejectedRow, read_csv_orders};
use oms_core::channel::{ChannelError, Format, Incoming, detect, read_orders};
use oms_core::order::SourceKind;
use oms_core::value::{ChannelId, IdError};

use crate::failure::Failure;
use crate::input::File;
use crate::rejects::{Table, TableKind};
use crate::report::{FileRow, Rejected, Remark};
use crate::words;

/// What a file of orders is, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Shopify,
    WooCommerce,
    Csv,
}

impl Kind {
    /// The kind's name for people.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shopify => "Shopify",
            Self::WooCommerce => "WooCommerce",
            Self::Csv => "CSV",
        }
    }

    /// The channel of such a file, unless the user names one.
    const fn channel(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::WooCommerce => "woocommerce",
            Self::Csv => "desk",
        }
    }
}

/// One order of a file.
#[derive(Clone, Debug)]
pub(crate) struct InboxOrder {
    pub(crate) incoming: Incoming,
    /// The lines of a CSV file its rows begin on.
    pub(crate) lines: Vec<u64>,
}

/// A file of orders, read.
#[derive(Debug)]
pub(crate) struct OrderFile {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) channel: ChannelId,
    pub(crate) orders: Vec<InboxOrder>,
    /// The columns, if it is a CSV file.
    pub(crate) headers: Option<Headers>,
    pub(crate) row: FileRow,
}

impl OrderFile {
    /// The columns of the file that nobody reads.
    pub(crate) fn unread(&self) -> Option<Remark> {
        let text = words::unread_columns(self.headers.as_ref()?)?;
        Some(Remark {
            file: self.name.clone(),
            reference: self.name.clone(),
            code: "unread_columns",
            text,
        })
    }
}

/// All files of orders.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    pub(crate) files: Vec<OrderFile>,
    /// Bad rows of CSV files, by file.
    pub(crate) tables: Vec<Table>,
    /// Bad rows, bad orders and bad files, for the report.
    pub(crate) rejected: Vec<Rejected>,
}

impl Inbox {
    /// Reads order files; one that cannot be read does not stop the others.
    ///
    /// # Errors
    /// [`Failure::BadFile`] when there is no order to work on and none to correct either.
    pub(crate) fn read(files: Vec<File>, channel: Option<&ChannelId>) -> Result<Self, Failure> {
        let mut inbox = Self::default();
        let mut first_problem = None;
        for file in files {
            let name = file.name.clone();
            if let Err(problem) = inbox.read_file(file, channel) {
                inbox.rejected.push(Rejected::file(&name, &problem));
                let failure = Failure::BadFile {
                    file: name,
                    problem,
                };
                first_problem.get_or_insert(failure);
            }
        }
        let nothing = inbox.files.iter().all(|file| file.orders.is_empty());
        match first_problem {
            Some(failure) if nothing && inbox.files.is_empty() => Err(failure),
            Some(_) | None if nothing && inbox.rejected.is_empty() => Err(Failure::BadFile {
                file: inbox.names(),
                problem: "holds no order".to_owned(),
            }),
            Some(_) | None => Ok(inbox),
        }
    }

    /// Orders of all files.
    pub(crate) fn order_count(&self) -> usize {
        self.files.iter().map(|file| file.orders.len()).sum()
    }

    /// The channels the orders come from, each once, with a name for people.
    pub(crate) fn channels(&self) -> Vec<(ChannelId, String)> {
        let mut channels: Vec<(ChannelId, String)> = Vec::new();
        for file in &self.files {
            if channels.iter().all(|(id, _)| *id != file.channel) {
                let name = if file.channel.as_str() == file.kind.channel() {
                    format!("{} orders", file.kind.name())
                } else {
                    file.channel.to_string()
                };
                channels.push((file.channel.clone(), name));
            }
        }
        channels
    }

    fn names(&self) -> String {
        let names: Vec<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
        names.join(", ")
    }

    fn read_file(&mut self, file: File, channel: Option<&ChannelId>) -> Result<(), String> {
        if let Some(problem) = file.not_text() {
            return Err(problem.to_owned());
        }
        let kind = match detect(&file.bytes) {
            Some(Format::Shopify) => Kind::Shopify,
            Some(Format::WooCommerce) => Kind::WooCommerce,
            // JSON that is no order of either is refused by their reader with its reason.
            Some(_) => Kind::Shopify,
            None if is_json(&file.bytes) => Kind::Shopify,
            None => Kind::Csv,
        };
        let channel = match channel {
            Some(channel) => Ok(channel.clone()),
            None => ChannelId::parse(kind.channel()),
        };
        let channel = channel.map_err(|problem: IdError| problem.to_string())?;
        match kind {
            Kind::Shopify | Kind::WooCommerce => self.read_json(file, kind, channel),
            Kind::Csv => self.read_csv(file, channel),
        }
    }

    fn read_json(&mut self, file: File, kind: Kind, channel: ChannelId) -> Result<(), String> {
        let read =
            read_orders(&file.bytes, &channel).map_err(|problem| words::bad_payload(&problem))?;
        let mut orders = Vec::new();
        let mut bad = 0;
        for one in read {
            match one {
                Ok(incoming) => orders.push(InboxOrder {
                    incoming,
                    lines: Vec::new(),
                }),
                Err(problem) => {
                    bad += 1;
                    self.rejected.push(bad_order(&file.name, &problem));
                }
            }
        }
        let row = FileRow::new(&file.name, kind.name(), orders.len(), bad);
        self.files.push(OrderFile {
            name: file.name,
            kind,
            channel,
            orders,
            headers: None,
            row,
        });
        Ok(())
    }

    fn read_csv(&mut self, file: File, channel: ChannelId) -> Result<(), String> {
        let read =
            read_csv_orders(&file.bytes, &channel).map_err(|problem| words::bad_table(&problem))?;
        let orders: Vec<InboxOrder> = read
            .orders
            .into_iter()
            .map(|order| {
                let mut incoming = order.incoming;
                incoming.draft.source.kind = SourceKind::Manual;
                InboxOrder {
                    incoming,
                    lines: order.lines,
                }
            })
            .collect();
        let row = FileRow::new(&file.name, "CSV", orders.len(), read.rejected.len());
        self.reject_rows(&file, &read.headers, read.rejected);
        self.files.push(OrderFile {
            name: file.name,
            kind: Kind::Csv,
            channel,
            orders,
            headers: Some(read.headers),
            row,
        });
        Ok(())
    }

    fn reject_rows(&mut self, file: &File, headers: &Headers, rows: Vec<RejectedRow>) {
        let listed = rows.iter().map(|row| Rejected::row(&file.name, row));
        self.rejected.extend(listed);
        self.tables.push(Table {
            kind: TableKind::Orders,
            file: file.name.clone(),
            headers: headers.clone(),
            rows,
        });
    }

    /// Adds rows of an order that was read but not accepted, to be corrected like the others.
    pub(crate) fn reject_more(&mut self, file: &str, rows: Vec<RejectedRow>) {
        if let Some(table) = self.tables.iter_mut().find(|table| table.file == file) {
            table.rows.extend(rows);
        }
    }

    /// Puts the rows of each table into the order of their file: once, as every order may be among
    /// them.
    pub(crate) fn sort_rejected(&mut self) {
        for table in &mut self.tables {
            table.rows.sort_by_key(|row| row.line);
        }
    }
}

fn is_json(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}

fn bad_order(file: &str, problem: &ChannelError) -> Rejected {
    let order = problem.order.as_deref();
    Rejected {
        file: file.to_owned(),
        line: None,
        order: order.map(|at| match &at.id {
            Some(id) => id.clone(),
            None => format!("no. {}", at.index.saturating_add(1)),
        }),
        column: Some(problem.path.clone()).filter(|path| !path.is_empty()),
        value: Some(problem.value.clone()).filter(|value| !value.is_empty()),
        reason: words::bad_field(problem),
    }
}
